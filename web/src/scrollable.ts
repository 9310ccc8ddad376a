/** Lets the keyboard reach a box that scrolls, and only while it does (WCAG 2.1.1). */
export function scrollable(box: HTMLElement): () => void {
  const update = () => {
    if (box.clientWidth < box.scrollWidth || box.clientHeight < box.scrollHeight) box.tabIndex = 0;
    else box.removeAttribute('tabindex');
  };
  const observer = new ResizeObserver(update);
  observer.observe(box);
  for (const child of box.children) observer.observe(child);
  return () => observer.disconnect();
}
