import { expect, test } from "vitest";
import { fileAddress, hrefOf } from "./fileAddress";

test("the page's own server and prefix are kept, the rest of the address too", () => {
  expect(hrefOf("/some/prefix", "http://example.org:8080/files/a%20b?sig=1&until=2")).toBe(
    "/some/prefix/files/a%20b?sig=1&until=2",
  );
  expect(hrefOf("/some/prefix", "http://host/some/prefix/files/a")).toBe("/some/prefix/files/a");
  expect(hrefOf("", "/files/a")).toBe("/files/a");
});

test("what is no address of a server leads nowhere", () => {
  expect(fileAddress("javascript:alert(1)")).toBeNull();
  expect(hrefOf("", "data:text/html,<script>")).toBeUndefined();
});
