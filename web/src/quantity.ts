/** Amounts are whole digits and a power of ten; they become floats only as pixels. */

/** The exact decimal text of `digits * 10^exponent`. */
export function decimalText(digits: number, exponent: number): string {
  const sign = digits < 0 ? '-' : '';
  const whole = String(Math.abs(digits));
  if (0 <= exponent) return digits === 0 ? '0' : sign + whole + '0'.repeat(exponent);
  const padded = whole.padStart(1 - exponent, '0');
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}

/** For people: thousands set apart by a narrow space, zeros after the third decimal left out: `12 345.678`. */
export const grouped = (text: string): string => text.replace(/\d+(\.\d+)?/g, groupedNumber);

function groupedNumber(decimal: string): string {
  const [whole = '', fraction] = decimal.split('.');
  const spaced = whole.replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
  return fraction === undefined ? spaced : `${spaced}.${fraction.replace(/(?<=^\d{3,}?)0+$/, '')}`;
}

/** A sentence with its decimals as short as they can be: `0.052000 kWh` becomes `0.052 kWh`, `1.000` becomes `1`. */
export const trimmed = (sentence: string): string =>
  sentence.replace(/(?<![\d.])(\d+)\.(\d*?)0+(?!\.?\d)/g, (_, whole: string, rest: string) => (rest ? `${whole}.${rest}` : whole));

/** What a person typed or pasted as a plain decimal, `null` where it is none: `1 234,5` becomes `1234.5`. */
export function decimalOf(typed: string): string | null {
  const text = typed.replace(/[\s\u202f]/g, '').replace(',', '.');
  return /^-?(\d+\.?\d*|\.\d+)$/.test(text) ? text.replace(/^(-?)\./, '$10.').replace(/\.$/, '') : null;
}

const decimals = (text: string): number => text.split('.')[1]?.length ?? 0;

/** Exact sum of decimals; `0` of none. */
export function sumOf(texts: string[]): string {
  const places = Math.max(0, ...texts.map(decimals));
  const digits = (text: string) => {
    const [whole = '0', fraction = ''] = text.split('.');
    return BigInt(whole + fraction.padEnd(places, '0'));
  };
  const sum = texts.reduce((total, text) => total + digits(text), 0n);
  const padded = String(sum < 0n ? -sum : sum).padStart(places + 1, '0');
  const cut = padded.length - places;
  return `${sum < 0n ? '-' : ''}${padded.slice(0, cut)}${places ? `.${padded.slice(cut)}` : ''}`;
}

/** Exact difference of two decimals, `left - right`. */
export const difference = (left: string, right: string): string =>
  sumOf([left, right.startsWith('-') ? right.slice(1) : `-${right}`]);

/** A difference with its sign: `+1.2`, `−0.5`, `0`. */
export const signed = (decimal: string): string => {
  if (/^-?[0.]+$/.test(decimal)) return '0';
  const short = grouped(trimmed(decimal));
  return short.startsWith('-') ? `−${short.slice(1)}` : `+${short}`;
};

/** A count for people: `1 234 567`. */
export const count = (number: number): string => grouped(String(number));

/** `1 meter`, `2 meters`. */
export const plural = (number: number, one: string, many = `${one}s`): string =>
  `${count(number)} ${number === 1 ? one : many}`;

/** `98.4 %`, rounded down so that a gap never reads as 100 %; a dash where nothing was expected. */
export function percent(part: number, whole: number): string {
  if (whole <= 0) return '–';
  const tenths = Math.floor((part / whole) * 1000);
  return `${(tenths / 10).toFixed(1)} %`;
}

/** A large number in a small place: whole millions from ten million on, `1 681 M`. */
export const compact = (number: number): string =>
  number < 10_000_000 ? count(number) : `${count(Math.floor(number / 1_000_000))} M`;
