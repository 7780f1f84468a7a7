/**
 * A file of our own in the library. It
 * - names the build, and refuses to compile when structs are not as `native/mtmd-declarations.ts` says;
 * - makes encodings stoppable: ggml asks after every matrix product whether to go on; when it is told no, the encoding
 *   returns at once with embeddings that mean nothing;
 * - decodes sounds with a bound on their length, since a small file can hold days of silence.
 *
 * Whoever changes this text raises `mediaRevision`.
 * @param name what the library says of itself
 */
export function ownSource(name: string): string {
  return `#include "mtmd.h"
#include "mtmd-helper.h"
#include <cstdlib>

static_assert(sizeof(mtmd_context_params) == 96, "mtmd_context_params");
static_assert(sizeof(mtmd_input_text) == 24, "mtmd_input_text");

#define MINIAUDIO_IMPLEMENTATION
#define MA_NO_ENCODING
#define MA_NO_DEVICE_IO
#define MA_NO_RESOURCE_MANAGER
#define MA_NO_NODE_GRAPH
#define MA_NO_ENGINE
#define MA_NO_GENERATION
#define MA_API static
// Defined in mtmd-helper.cpp too, and not static.
#define ma_atomic_global_lock colloquy_ma_atomic_global_lock
#include "miniaudio/miniaudio.h"

extern "C" MTMD_API const char * colloquy_media_build(void) { return ${JSON.stringify(name)}; }

static bool go_on(ggml_tensor * node, bool ask, void * stop) {
  if (ask) return node->op == GGML_OP_MUL_MAT;
  return *static_cast<const volatile uint8_t *>(stop) == 0;
}

extern "C" MTMD_API mtmd_context * colloquy_media_load(
    const char * file, const llama_model * model, mtmd_context_params params, uint8_t * stop) {
  params.cb_eval = go_on;
  params.cb_eval_user_data = stop;
  return mtmd_init_from_file(file, model, params);
}

// Mono samples in memory to be freed; null when it is no sound or has more than max. count: how many, at most max + 1.
extern "C" MTMD_API float * colloquy_media_read_sound(
    const uint8_t * bytes, size_t size, uint32_t rate, size_t max, uint64_t * count) {
  *count = 0;
  ma_decoder decoder;
  ma_decoder_config config = ma_decoder_config_init(ma_format_f32, 1, rate);
  if (ma_decoder_init_memory(bytes, size, &config, &decoder) != MA_SUCCESS) return nullptr;
  const size_t step = 1 << 16;
  float * samples = nullptr;
  size_t room = 0;
  for (;;) {
    if (*count + step > room) {
      room = 2 * room + step;
      float * larger = static_cast<float *>(std::realloc(samples, room * sizeof(float)));
      if (larger == nullptr) break;
      samples = larger;
    }
    ma_uint64 got = 0;
    const ma_result result = ma_decoder_read_pcm_frames(&decoder, samples + *count, step, &got);
    *count += got;
    if (*count > max) break;
    if (result == MA_SUCCESS && got > 0) continue;
    ma_decoder_uninit(&decoder);
    return samples;
  }
  ma_decoder_uninit(&decoder);
  std::free(samples);
  *count = max + 1;
  return nullptr;
}

extern "C" MTMD_API void colloquy_media_free_sound(float * samples) { std::free(samples); }
`;
}
