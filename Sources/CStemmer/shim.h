// Snowball's stemmers: sb_stemmer_new, sb_stemmer_stem, sb_stemmer_length, sb_stemmer_delete.
#ifndef QUIVER_CSTEMMER_SHIM_H
#define QUIVER_CSTEMMER_SHIM_H

#include <libstemmer.h>

#endif
