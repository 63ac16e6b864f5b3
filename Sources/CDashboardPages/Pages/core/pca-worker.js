// Runs the projection beside the page, so that it stays quick.
import { project } from "./pca.js";

self.addEventListener("message", ({ data }) => {
  const result = project(data, (share) => self.postMessage({ share }));
  self.postMessage({ result });
});
