#ifndef QUIVER_CXMLELEMENTS_H
#define QUIVER_CXMLELEMENTS_H

#include <stddef.h>

/* Called at the end of every element of a document, with the names of all elements it lies in and
   its own, joined by '/', and the text in it. Both end with NUL and live as long as the call. */
typedef void (*quiver_xml_element)(void *context, const char *path, const char *text);

/* Reads a document in XML, without document types, entities of its own, files or connections.
   Returns 0, or -1 when it is none, lies too deep or has names that are too long. */
int quiver_xml_read(const char *document, size_t length, void *context,
                    quiver_xml_element element);

#endif
