// How packed weights lie, for the products of every processor.
#ifndef QUIVER_PANEL_H
#define QUIVER_PANEL_H

// Outputs in a panel of packed weights: of bfloat16 pairs of inputs, of bytes four of them, one
// output after another.
enum { PANEL = 64 };

#endif
