// Signed addresses of files carry the address at which the server was asked; the page keeps to its own.

/** Path and query below the page's prefix; null for anything that is no address of a server. */
export function fileAddress(url: string): string | null {
  try {
    const parsed = new URL(url, "http://localhost");
    return parsed.protocol === "http:" || parsed.protocol === "https:"
      ? parsed.pathname + parsed.search
      : null;
  } catch {
    return null;
  }
}

/** The same with the page's prefix, unless it stands there already. */
export function hrefOf(prefix: string, url: string): string | undefined {
  const address = fileAddress(url);
  if (address === null) return undefined;
  return prefix !== "" && address.startsWith(`${prefix}/`) ? address : prefix + address;
}
