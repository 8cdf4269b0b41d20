#ifndef C_ENGINE_SCRIPT_H
#define C_ENGINE_SCRIPT_H

#include <stddef.h>

#pragma clang assume_nonnull begin

/// The worker that `exemplar engine write` puts where it is wanted: Engines/exemplar_engine.py as it was at the build, and
/// its size in bytes.
const unsigned char *engine_script(size_t *size);

#pragma clang assume_nonnull end

#endif
