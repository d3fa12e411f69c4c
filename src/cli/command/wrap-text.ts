/**
 * Wraps a line at spaces, so that only single long words exceed the width. Lines that fit, and indented ones, are
 * unchanged.
 */
export function wrapText(line: string, columns: number): string[] {
  if (line.length <= columns || line.startsWith(' ')) return [line];
  const lines: string[] = [];
  let open = '';
  for (const word of line.split(' ')) {
    if (open !== '' && open.length + 1 + word.length > columns) {
      lines.push(open);
      open = word;
    } else {
      open = open === '' ? word : `${open} ${word}`;
    }
  }
  return [...lines, open];
}

/**
 * Wraps text after a label; the following lines are indented to the end of the label.
 * @param before is not broken
 */
export function wrapBehind(before: string, text: string, columns: number): string[] {
  const indent = ' '.repeat(before.length);
  return wrapText(text, columns - before.length).map((line, index) => `${index === 0 ? before : indent}${line}`);
}
