#pragma once

// brotli: what browsers and Python clients prefer.
#include <brotli/decode.h>
#include <brotli/encode.h>
