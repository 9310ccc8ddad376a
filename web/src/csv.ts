/** A table of the page as CSV: what its cells say, numbers without the spaces that people read them by. */

/** Quoted where the text needs it; a leading sign that a spreadsheet would run as a formula is kept as text. */
export function csvCell(text: string): string {
  const plain = text.replace(/(?<=\d)\u202f(?=\d)/g, '').replace(/\s+/g, ' ').trim();
  const safe = /^[=+\-@]/.test(plain) && !/^-?\d+(\.\d+)?$/.test(plain) ? `'${plain}` : plain;
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csvOf = (rows: string[][]): string => rows.map((row) => `${row.map(csvCell).join(',')}\n`).join('');
