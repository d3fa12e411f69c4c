const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * The texts of all elements of this name. S3's responses that we read (errors, tag sets, upload results) have no CDATA,
 * no attributes that matter and no element nested in another of the same name, so a scan is all the parser they need.
 */
export function readElements(xml: string, name: string): string[] {
  const element = new RegExp(`<${name}(?:\\s[^>]*)?(?:/>|>([\\s\\S]*?)</${name}>)`, 'g');
  return Array.from(xml.matchAll(element), ([, text = '']) => text);
}

/** The decoded text of the first element of this name. */
export function readText(xml: string, name: string): string | undefined {
  const [text] = readElements(xml, name);
  return text === undefined ? undefined : decodeEntities(text);
}

export function encodeText(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal?: string, hex?: string, name = '') => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return ENTITIES[name as string] ?? whole;
  });
}
