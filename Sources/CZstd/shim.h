#pragma once

// Zstandard: what data tools prefer.
#include <zstd.h>
