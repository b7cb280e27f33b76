/* How fast this machine's cores multiply and add: independent fused multiply-adds in registers, at each width of vectors.
   peak THREADS prints {"bits": [GFLOP/s of one thread, of all], ...} for 128 bits and every wider width the compiler was told of. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ACCUMULATORS 12
#define ROUNDS 5000000L
#define TRIES 40

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static volatile float sink;

/* x <- x * 0.5 + 1 stays near 2, far from overflow and denormals. */
#define DEFINE_KERNEL(BITS)                                                    \
  typedef float vector##BITS __attribute__((vector_size(BITS / 8)));           \
  static void *kernel##BITS(void *rounds) {                                    \
    vector##BITS x[ACCUMULATORS], half, one;                                   \
    for (int lane = 0; lane < BITS / 32; lane++) half[lane] = 0.5f, one[lane] = 1.0f; \
    for (int i = 0; i < ACCUMULATORS; i++) x[i] = one * (float)i;              \
    for (long round = *(long *)rounds; round > 0; round--) {                   \
      _Pragma("GCC unroll 12") for (int i = 0; i < ACCUMULATORS; i++) x[i] = x[i] * half + one; \
    }                                                                          \
    for (int i = 1; i < ACCUMULATORS; i++) x[0] += x[i];                       \
    sink = x[0][0];                                                            \
    return 0;                                                                  \
  }

DEFINE_KERNEL(128)
#ifdef __AVX__
DEFINE_KERNEL(256)
#endif
#ifdef __AVX512F__
DEFINE_KERNEL(512)
#endif

static double gigaflops(void *(*kernel)(void *), int lanes, int threads) {
  pthread_t others[threads];
  double best = 0;
  long rounds = ROUNDS;
  for (int attempt = 0; attempt < TRIES; attempt++) {
    double start = now();
    for (int i = 1; i < threads; i++) pthread_create(&others[i], 0, kernel, &rounds);
    kernel(&rounds);
    for (int i = 1; i < threads; i++) pthread_join(others[i], 0);
    double rate = 2.0 * lanes * ACCUMULATORS * rounds * threads / (now() - start) / 1e9;
    if (rate > best) best = rate;
  }
  return best;
}

#define REPORT(BITS) \
  printf("%s\"" #BITS "\": [%g, %g]", BITS == 128 ? "" : ", ", gigaflops(kernel##BITS, BITS / 32, 1), gigaflops(kernel##BITS, BITS / 32, threads))

int main(int count, char **arguments) {
  int threads = count > 1 ? atoi(arguments[1]) : 1;
  printf("{");
  REPORT(128);
#ifdef __AVX__
  REPORT(256);
#endif
#ifdef __AVX512F__
  REPORT(512);
#endif
  printf("}\n");
  return 0;
}
