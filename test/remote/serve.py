"""Serves a model with llama.cpp's own HTTP server: serve.py MODEL PORT CONTEXT SLOTS [THREADS]"""

import sys
import threading

import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.port = int(sys.argv[2])
params.n_parallel = int(sys.argv[4])
params.n_ctx = int(sys.argv[3]) * params.n_parallel
params.n_gpu_layers = 0
threads = int(sys.argv[5]) if len(sys.argv) > 5 else 1
params.cpuparams.n_threads = threads
params.cpuparams_batch.n_threads = threads
params.warmup = False
params.endpoint_slots = True
server = xllamacpp.Server(params)
print("ready", server.listening_address, flush=True)
threading.Event().wait()
