// When a chart is painted, as its own page sees it: first, and after a stretch of it was brushed.

/** Until the frame with the chart that `selector` names is painted: from the request for its points, and from the navigation. */
export async function firstDraw(page, address, selector) {
  await page.addInitScript((selector) => {
    const look = () => {
      if (!document.querySelector(selector)) return void requestAnimationFrame(look);
      // The next frame is painted before the one after it begins.
      requestAnimationFrame(() => requestAnimationFrame(() => (window.drawnMs = performance.now())));
    };
    requestAnimationFrame(look);
  }, selector);
  await page.goto(address);
  await page.waitForFunction(() => window.drawnMs, null, { polling: 100 });
  return page.evaluate(() => {
    const asked = performance.getEntriesByType("resource").find((one) => one.name.endsWith("/buckets"));
    return { fromAsking: window.drawnMs - asked.startTime, fromOpening: window.drawnMs };
  });
}

/** From letting go of the button to the painted frame: of the same points scaled, and of the exact ones. */
export async function brush(page, fromX, y, widthPx) {
  await page.mouse.move(fromX, y);
  await page.mouse.down();
  await page.mouse.move(fromX + widthPx, y, { steps: 3 });
  await page.evaluate(() => {
    window.zoomed = null;
    const before = new URLSearchParams(window.location.search).get("zoom");
    const painted = (then) =>
      requestAnimationFrame(() => requestAnimationFrame(() => then(performance.now())));
    window.addEventListener(
      "mouseup",
      ({ timeStamp }) => {
        let scaled = null;
        const look = () => {
          const loading = document.querySelector(".chart")?.dataset.loading;
          const zoom = new URLSearchParams(window.location.search).get("zoom");
          const isZoomed = zoom !== null && zoom !== before;
          if (isZoomed && scaled === null) {
            scaled = 0;
            painted((now) => (scaled = now - timeStamp));
          }
          if (!isZoomed || loading !== "false") return void requestAnimationFrame(look);
          painted((now) => (window.zoomed = { scaled, exact: now - timeStamp }));
        };
        requestAnimationFrame(look);
      },
      { once: true, capture: true },
    );
  });
  await page.mouse.up();
  const found = await page.waitForFunction(() => window.zoomed, null, { polling: 100 });
  return found.jsonValue();
}

/** Back to all of it. */
export async function unzoom(page) {
  await page.locator(".u-over").dblclick();
  await page.waitForURL((url) => !url.searchParams.has("zoom"));
  await page.locator('.chart[data-loading="false"]').waitFor();
}
