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
export function grouped(decimal: string): string {
  const [whole = '', fraction] = decimal.split('.');
  const spaced = whole.replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
  return fraction === undefined ? spaced : `${spaced}.${fraction.replace(/(?<=^\d{3,}?)0+$/, '')}`;
}

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
