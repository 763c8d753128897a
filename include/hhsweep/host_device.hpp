// SPDX-License-Identifier: MIT
#pragma once

/// HHSWEEP_HD marks a function of the single source: compiled by nvcc for the device and by the
/// host compiler, always inlined. Inlining keeps code built for one instruction set out of the
/// linker's sight, which might otherwise share an AVX-512 copy with a machine that lacks it.
///
/// HHSWEEP_COLD marks a rarely executed function template on the Real it serves: called, never
/// inlined, so that the loop around it keeps its registers. The host compiles it for size.
///
/// HHSWEEP_BULKY marks a function template that the host calls rather than inlines, because it is
/// large and used in many places or the function around it seldom needs it.
///
/// HHSWEEP_OUTLINE marks a function template that is called, never inlined, on both sides.
#if defined(__CUDACC__)
#define HHSWEEP_HD __host__ __device__ __forceinline__
#define HHSWEEP_COLD __host__ __device__ __noinline__
#define HHSWEEP_BULKY __host__ __device__ __forceinline__
#define HHSWEEP_OUTLINE __host__ __device__ __noinline__
#elif defined(__GNUC__)
#define HHSWEEP_HD inline __attribute__((always_inline))
#define HHSWEEP_COLD __attribute__((noinline, cold))
#define HHSWEEP_BULKY __attribute__((noinline))
#define HHSWEEP_OUTLINE __attribute__((noinline))
#else
#define HHSWEEP_HD inline
#define HHSWEEP_COLD
#define HHSWEEP_BULKY
#define HHSWEEP_OUTLINE
#endif
