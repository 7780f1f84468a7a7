#!/bin/sh
# Serves what set-up.sh prepared, on port 8123, with one core. Usage: serve.sh FOLDER [OPTION...]
set -eu
folder=$(cd "$1" && pwd)
shift
export PATH="$folder/bin:$PATH"
export HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1
export VLLM_CPU_KVCACHE_SPACE=1 OMP_NUM_THREADS=1 VLLM_CPU_OMP_THREADS_BIND=1
exec vllm serve "$folder/model" --served-model-name smollm --host 127.0.0.1 --port 8123 --dtype float32 \
  --max-model-len 2048 --max-num-seqs 8 --enforce-eager --enable-prefix-caching --enable-prompt-tokens-details "$@"
