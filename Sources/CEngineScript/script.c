#include "CEngineScript.h"

// The Swift compiler takes a minute for an array of so many numbers.
#pragma clang diagnostic ignored "-Wc23-extensions"
static const unsigned char script[] = {
#embed "../../Engines/exemplar_engine.py"
};

const unsigned char *engine_script(size_t *size) {
  *size = sizeof(script);
  return script;
}
