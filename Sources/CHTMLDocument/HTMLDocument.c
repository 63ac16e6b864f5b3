#include "CHTMLDocument.h"

#include <limits.h>
#include <libxml/HTMLparser.h>
#include <libxml/tree.h>

static int enter(const xmlNode *node, const quiver_html_visitor *visitor) {
  switch (node->type) {
  case XML_ELEMENT_NODE:
    return visitor->enter(visitor->context, (const char *)node->name);
  case XML_TEXT_NODE:
  case XML_CDATA_SECTION_NODE:
    if (node->content) visitor->text(visitor->context, (const char *)node->content);
    return 0;
  default:
    return 0;
  }
}

/* Without recursion, so that the depth of a page costs no stack. */
static void walk(const xmlNode *root, const quiver_html_visitor *visitor) {
  const xmlNode *node = root;
  while (node) {
    int entered = enter(node, visitor);
    if (entered && node->children) {
      node = node->children;
      continue;
    }
    if (entered) visitor->leave(visitor->context, (const char *)node->name);
    while (node != root && !node->next) {
      node = node->parent;
      visitor->leave(visitor->context, (const char *)node->name);
    }
    if (node == root) return;
    node = node->next;
  }
}

int quiver_html_visit(const char *page, size_t length, const quiver_html_visitor *visitor) {
  if (length == 0 || length > INT_MAX) return -1;
  int options =
      HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET;
  htmlDocPtr document = htmlReadMemory(page, (int)length, NULL, "UTF-8", options);
  if (!document) return -1;
  const xmlNode *root = xmlDocGetRootElement(document);
  if (root) walk(root, visitor);
  xmlFreeDoc(document);
  return 0;
}
