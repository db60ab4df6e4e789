// A page that a run logged, as it may stand in a sandboxed frame: no script, nothing from elsewhere. The frame's
// sandbox and policy forbid both anyway; what is taken out here is never even asked for.

const policy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; font-src data:";
const removed = "script, iframe, frame, object, embed, link, meta, form, portal, template";
const addressed = ["src", "srcset", "href", "xlink:href", "data", "action", "formaction", "poster", "ping"];

export interface CleanPage {
  html: string;
  /** Parts that were taken out. */
  left: number;
}

export function cleanHtml(text: string): CleanPage {
  // A base would already move the document that is only read.
  const page = new DOMParser().parseFromString(text.replace(/<base\b/gi, "<meta "), "text/html");
  let left = 0;
  for (const element of page.querySelectorAll(removed)) {
    if (element.tagName !== "META") left += 1;
    element.remove();
  }
  for (const element of page.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes]) {
      const isElsewhere =
        addressed.includes(name.toLowerCase()) && !/^\s*(#|data:(image|audio|video)\/)/i.test(value);
      if (!name.toLowerCase().startsWith("on") && !isElsewhere) continue;
      element.removeAttribute(name);
      left += 1;
    }
    const style = element.getAttribute("style");
    if (style !== null) element.setAttribute("style", cleanStyle(style));
    if (element.localName === "style") element.textContent = cleanStyle(element.textContent ?? "");
  }
  const guard = page.createElement("meta");
  guard.httpEquiv = "Content-Security-Policy";
  guard.content = policy;
  page.head.prepend(guard);
  return { html: `<!doctype html>${page.documentElement.outerHTML}`, left };
}

/** Without what lies elsewhere. */
const cleanStyle = (style: string) =>
  style.replace(/@import[^;]*;?/gi, "").replace(/url\(\s*(?!['"]?\s*data:)[^)]*\)/gi, "none");
