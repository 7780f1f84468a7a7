/*
 * The floor of the benchmark: llama_decode and the greatest logit, nothing around it.
 * Reads one command a line, answers one line each; times are taken here, so the pipe costs nothing.
 *   t <hex>       tokenize            -> t <id> ...
 *   p <id> ...    pieces of tokens    -> p <hex>
 *   e <id> ...    evaluate            -> e <ms>
 *   g <n> <ms>    generate greedily   -> g <0|1 ended by the model> <id>:<ms> ...
 *   k <n>         keep n cells        -> k
 *   r             memory              -> r <peak resident KiB>
 * The parameter structures are those of llama.cpp 0.5.0; only the members that are set here have a name.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

typedef struct {
  void *devices, *overrides;
  int32_t gpu_layers, split_mode, load_mode, lazy_mode, main_gpu;
  const float *tensor_split;
  void *progress, *progress_data, *metadata_overrides;
  bool flags[6];
} model_params;

typedef struct {
  uint32_t context_size, batch, micro_batch, sequences, snapshots, outputs, outputs_per_sequence;
  int32_t threads, threads_batch;
  int32_t kind, rope, pooling, attention, flash;
  float factors[7];
  void *eval, *eval_data;
  int32_t type_k, type_v;
  void *abort, *abort_data;
  bool flags[6];
  void *samplers;
  size_t sampler_count;
  void *other;
} context_params;

typedef struct {
  int32_t count;
  int32_t *tokens;
  float *embeddings;
  int32_t *positions, *sequence_counts, **sequences;
  int8_t *outputs;
} batch_t;

static struct {
  void (*load_backends)(const char *);
  void (*log_set)(void *, void *);
  model_params (*model_defaults)(void);
  context_params (*context_defaults)(void);
  void *(*load)(const char *, model_params);
  void *(*init)(void *, context_params);
  const void *(*vocab)(const void *);
  int32_t (*vocab_size)(const void *);
  bool (*is_end)(const void *, int32_t);
  int32_t (*tokenize)(const void *, const char *, int32_t, int32_t *, int32_t, bool, bool);
  int32_t (*piece)(const void *, int32_t, char *, int32_t, int32_t, bool);
  batch_t (*batch)(int32_t *, int32_t);
  int32_t (*decode)(void *, batch_t);
  float *(*logits)(void *, int32_t);
  void *(*memory)(const void *);
  bool (*forget)(void *, int32_t, int32_t, int32_t);
} api;

static void *context;
static const void *vocab;
static int32_t vocab_size, batch_size;

static void fail(const char *what) {
  fprintf(stderr, "raw: %s\n", what);
  exit(1);
}

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void silent(int level, const char *text, void *data) {
  (void)level, (void)text, (void)data;
}

static void *library(const char *folder, const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  void *handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  if (!handle) fail(dlerror());
  return handle;
}

static void *entry(void *handle, const char *name) {
  void *address = dlsym(handle, name);
  if (!address) fail(name);
  return address;
}

static void bind(const char *folder) {
  library(folder, "libggml-base.so");
  void *ggml = library(folder, "libggml.v0.5.0.so"), *llama = library(folder, "libllama.v0.5.0.so");
  *(void **)&api.load_backends = entry(ggml, "ggml_backend_load_all_from_path");
  *(void **)&api.log_set = entry(llama, "llama_log_set");
  *(void **)&api.model_defaults = entry(llama, "llama_model_default_params");
  *(void **)&api.context_defaults = entry(llama, "llama_context_default_params");
  *(void **)&api.load = entry(llama, "llama_model_load_from_file");
  *(void **)&api.init = entry(llama, "llama_init_from_model");
  *(void **)&api.vocab = entry(llama, "llama_model_get_vocab");
  *(void **)&api.vocab_size = entry(llama, "llama_vocab_n_tokens");
  *(void **)&api.is_end = entry(llama, "llama_vocab_is_eog");
  *(void **)&api.tokenize = entry(llama, "llama_tokenize");
  *(void **)&api.piece = entry(llama, "llama_token_to_piece");
  *(void **)&api.batch = entry(llama, "llama_batch_get_one");
  *(void **)&api.decode = entry(llama, "llama_decode");
  *(void **)&api.logits = entry(llama, "llama_get_logits_ith");
  *(void **)&api.memory = entry(llama, "llama_get_memory");
  *(void **)&api.forget = entry(llama, "llama_memory_seq_rm");
}

static void evaluate(int32_t *tokens, int32_t count) {
  for (int32_t at = 0; at < count; at += batch_size) {
    int32_t part = count - at < batch_size ? count - at : batch_size;
    if (api.decode(context, api.batch(tokens + at, part)) != 0) fail("llama_decode");
  }
}

static int32_t best(void) {
  const float *logits = api.logits(context, -1);
  int32_t winner = 0;
  for (int32_t id = 1; id < vocab_size; id++)
    if (logits[id] > logits[winner]) winner = id;
  return winner;
}

static void generate(int32_t count, double budget) {
  int32_t *ids = malloc(sizeof(int32_t) * (count + 1));
  double *at = malloc(sizeof(double) * (count + 1)), start = now_ms();
  int32_t made = 0;
  bool ended = false;
  while (made < count) {
    int32_t id = best();
    at[made] = now_ms() - start;
    if ((ended = api.is_end(vocab, id))) break;
    ids[made++] = id;
    if (made == count || at[made - 1] > budget) break;
    evaluate(&id, 1);
  }
  printf("g %d", ended);
  for (int32_t i = 0; i < made; i++) printf(" %d:%.4f", ids[i], at[i]);
  printf("\n");
  free(ids), free(at);
}

static int32_t numbers(char *text, int32_t *into, int32_t room) {
  int32_t count = 0;
  for (char *word = strtok(text, " \n"); word && count < room; word = strtok(NULL, " \n")) into[count++] = atoi(word);
  return count;
}

static void tokenize(const char *hex, int32_t *tokens, int32_t room) {
  int32_t length = 0;
  char *text = malloc(strlen(hex) / 2 + 1);
  for (unsigned byte; sscanf(hex + 2 * length, "%2x", &byte) == 1;) text[length++] = (char)byte;
  int32_t count = api.tokenize(vocab, text, length, tokens, room, true, true);
  printf("t");
  for (int32_t i = 0; i < count; i++) printf(" %d", tokens[i]);
  printf("\n");
  free(text);
}

static void pieces(const int32_t *tokens, int32_t count) {
  char piece[1024];
  printf("p ");
  for (int32_t i = 0; i < count; i++) {
    int32_t length = api.piece(vocab, tokens[i], piece, sizeof piece, 0, false);
    for (int32_t byte = 0; byte < length; byte++) printf("%02x", (unsigned char)piece[byte]);
  }
  printf("\n");
}

static void memory(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("r %ld\n", usage.ru_maxrss);
}

int main(int argc, char **argv) {
  if (argc != 5) fail("usage: raw <libraries> <model> <threads> <context size>");
  double start = now_ms();
  bind(argv[1]);
  api.log_set((void *)silent, NULL);
  api.load_backends(argv[1]);
  void *model = api.load(argv[2], api.model_defaults());
  if (!model) fail("the model does not load");
  double loaded = now_ms() - start;
  context_params params = api.context_defaults();
  params.context_size = (uint32_t)atoi(argv[4]);
  params.batch = params.micro_batch = batch_size = 512;
  params.sequences = 1;
  params.threads = params.threads_batch = atoi(argv[3]);
  if (!(context = api.init(model, params))) fail("no context");
  vocab = api.vocab(model);
  vocab_size = api.vocab_size(vocab);
  setvbuf(stdout, NULL, _IOFBF, 1 << 20);
  printf("ready %.4f\n", loaded);
  fflush(stdout);
  int32_t room = 1 << 17, *tokens = malloc(sizeof(int32_t) * room);
  char *line = NULL;
  size_t size = 0;
  while (getline(&line, &size, stdin) > 0) {
    int32_t count = line[0] == 't' || line[0] == 'r' ? 0 : numbers(line + 2, tokens, room);
    start = now_ms();
    if (line[0] == 't') tokenize(line + 2, tokens, room);
    else if (line[0] == 'p') pieces(tokens, count);
    else if (line[0] == 'g') generate(tokens[0], tokens[1]);
    else if (line[0] == 'k') printf("k %d\n", api.forget(api.memory(context), 0, tokens[0], -1));
    else if (line[0] == 'r') memory();
    else if (line[0] == 'e') evaluate(tokens, count), printf("e %.4f\n", now_ms() - start);
    else fail("unknown command");
    fflush(stdout);
  }
  return 0;
}
