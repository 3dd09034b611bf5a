// The two instructions of AVX-512 BF16 that Swift has no name for. Nothing is here for other builds.
#pragma once
#if defined(__AVX512BF16__)
#include <immintrin.h>

// In each of 16 lanes: sum + a.low * b.low + a.high * b.high, in single precision.
static inline __attribute__((always_inline)) __m512 tessera_bfloat16_dot(__m512 sum, __m512i a, __m512i b) {
    return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
}

// 32 floats, rounded to the nearest bfloat16 (ties to even; denormals become zero), `low` first.
static inline __attribute__((always_inline)) __m512i tessera_bfloat16_round(__m512 low, __m512 high) {
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}
#endif
