// OpenBLAS: cblas_sgemm, openblas_set_num_threads, openblas_get_corename, openblas_get_config.
#ifndef QUIVER_COPENBLAS_SHIM_H
#define QUIVER_COPENBLAS_SHIM_H

#include <cblas.h>

#endif
