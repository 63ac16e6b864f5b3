#ifndef QUIVER_CHTMLDOCUMENT_H
#define QUIVER_CHTMLDOCUMENT_H

#include <stddef.h>

/* Called for the nodes of a page in document order. Strings are UTF-8, end with NUL and live as
   long as the call. */
typedef struct {
  void *context;
  /* An element begins; its name is in lower case. 0 leaves out all that is in it, and its end. */
  int (*enter)(void *context, const char *name);
  /* An element ends that was entered. */
  void (*leave)(void *context, const char *name);
  /* Text between elements. */
  void (*text)(void *context, const char *text);
} quiver_html_visitor;

/* Parses a page in UTF-8, however broken, and visits it. Opens no files and no connections.
   Returns 0, or -1 when there is no page or no memory. */
int quiver_html_visit(const char *page, size_t length, const quiver_html_visitor *visitor);

#endif
