#ifndef QUIVER_CLIBXML2_H
#define QUIVER_CLIBXML2_H

/* Only C targets use this library: its headers pull in those of ICU, which can't live in one
   Swift module graph with Foundation's own ICU. See CHTMLDocument for what Swift sees. */

#endif
