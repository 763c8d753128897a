// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "hhsweep/math.hpp"

#if defined(__AVX2__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

/// Packs of neurons for the CPU's vector units: the same functions as float and double have,
/// element by element with the same bits. A pack is `registers` registers wide, since one alone
/// would wait for its own results. Every type carries its instruction set in its name, so that
/// objects built for different ones share no symbol.
namespace hhsweep::cpu {

struct scalar {};
struct avx2 {};
struct avx512 {};

/// One vector register of an instruction set: types and operations.
template <class Isa, class Scalar>
struct Register;

/// One element: any processor.
template <class Scalar>
struct Register<scalar, Scalar> {
  using Real = Scalar;
  using Bits = BitsOf<Scalar>;
  using Mask = bool;
  static constexpr int lanes = 1;

  HHSWEEP_HD static Real set(Scalar x) { return x; }
  HHSWEEP_HD static Bits set_bits(Bits x) { return x; }
  HHSWEEP_HD static Real load(const Scalar* p) { return *p; }
  HHSWEEP_HD static Bits load_bits(const Bits* p) { return *p; }
  HHSWEEP_HD static Real add(Real a, Real b) { return a + b; }
  HHSWEEP_HD static Real sub(Real a, Real b) { return a - b; }
  HHSWEEP_HD static Real mul(Real a, Real b) { return a * b; }
  HHSWEEP_HD static Real fma(Real a, Real b, Real c) { return hhsweep::fma(a, b, c); }
  HHSWEEP_HD static Real negate(Real a) { return -a; }
  HHSWEEP_HD static Real magnitude(Real a) { return hhsweep::magnitude(a); }
  HHSWEEP_HD static Real lesser(Real a, Real b) { return a < b ? a : b; }
  HHSWEEP_HD static Real greater(Real a, Real b) { return a > b ? a : b; }
  HHSWEEP_HD static Mask less(Real a, Real b) { return a < b; }
  HHSWEEP_HD static Mask less_equal(Real a, Real b) { return a <= b; }
  HHSWEEP_HD static Real select(Mask m, Real a, Real b) { return m ? a : b; }
  HHSWEEP_HD static Bits to_bits(Real a) { return hhsweep::to_bits(a); }
  HHSWEEP_HD static Real from_bits(Bits a) { return hhsweep::from_bits(a); }
  HHSWEEP_HD static Bits add_bits(Bits a, Bits b) { return a + b; }
  HHSWEEP_HD static Bits sub_bits(Bits a, Bits b) { return a - b; }
  HHSWEEP_HD static Bits or_bits(Bits a, Bits b) { return a | b; }
  HHSWEEP_HD static Bits xor_bits(Bits a, Bits b) { return a ^ b; }
  HHSWEEP_HD static Bits low_words(Bits a) { return a & 0xffffffffu; }
  HHSWEEP_HD static Bits product_of_words(Bits a, std::uint32_t b) {
    return static_cast<Bits>(hhsweep::product_of_words(a, b));
  }
  HHSWEEP_HD static Real from_signed_word(Bits a) { return hhsweep::from_signed_word(a); }
  HHSWEEP_HD static Real square_root(Real a) { return hhsweep::square_root(a); }
  HHSWEEP_HD static Bits left(Bits a, int n) { return a << n; }
  HHSWEEP_HD static Bits right(Bits a, int n) { return a >> n; }
  HHSWEEP_HD static Mask equal(Bits a, Bits b) { return a == b; }
  HHSWEEP_HD static Bits carry(Bits a, Bits b) { return a < b ? 1 : 0; }
  HHSWEEP_HD static Mask mask_and(Mask a, Mask b) { return a && b; }
  HHSWEEP_HD static Mask mask_or(Mask a, Mask b) { return a || b; }
  HHSWEEP_HD static Mask mask_xor(Mask a, Mask b) { return a != b; }
  HHSWEEP_HD static Mask mask_not(Mask a) { return !a; }
  HHSWEEP_HD static std::uint64_t mask_bits(Mask a) { return a ? 1 : 0; }
};

#if defined(__AVX2__) && defined(__FMA__)
template <>
struct Register<avx2, float> {
  using Real = __m256;
  using Bits = __m256i;
  using Mask = __m256;
  static constexpr int lanes = 8;

  HHSWEEP_HD static Real set(float x) { return _mm256_set1_ps(x); }
  HHSWEEP_HD static Bits set_bits(std::uint32_t x) {
    return _mm256_set1_epi32(static_cast<int>(x));
  }
  HHSWEEP_HD static Real load(const float* p) { return _mm256_loadu_ps(p); }
  HHSWEEP_HD static Bits load_bits(const std::uint32_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  HHSWEEP_HD static Real add(Real a, Real b) { return _mm256_add_ps(a, b); }
  HHSWEEP_HD static Real sub(Real a, Real b) { return _mm256_sub_ps(a, b); }
  HHSWEEP_HD static Real mul(Real a, Real b) { return _mm256_mul_ps(a, b); }
  HHSWEEP_HD static Real fma(Real a, Real b, Real c) { return _mm256_fmadd_ps(a, b, c); }
  HHSWEEP_HD static Real negate(Real a) { return -a; }
  HHSWEEP_HD static Real magnitude(Real a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
  HHSWEEP_HD static Real lesser(Real a, Real b) { return _mm256_min_ps(a, b); }
  HHSWEEP_HD static Real greater(Real a, Real b) { return _mm256_max_ps(a, b); }
  HHSWEEP_HD static Mask less(Real a, Real b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
  HHSWEEP_HD static Mask less_equal(Real a, Real b) { return _mm256_cmp_ps(a, b, _CMP_LE_OQ); }
  HHSWEEP_HD static Real select(Mask m, Real a, Real b) { return _mm256_blendv_ps(b, a, m); }
  HHSWEEP_HD static Bits to_bits(Real a) { return _mm256_castps_si256(a); }
  HHSWEEP_HD static Real from_bits(Bits a) { return _mm256_castsi256_ps(a); }
  HHSWEEP_HD static Bits add_bits(Bits a, Bits b) { return _mm256_add_epi32(a, b); }
  HHSWEEP_HD static Bits sub_bits(Bits a, Bits b) { return _mm256_sub_epi32(a, b); }
  HHSWEEP_HD static Bits or_bits(Bits a, Bits b) { return _mm256_or_si256(a, b); }
  HHSWEEP_HD static Bits xor_bits(Bits a, Bits b) { return _mm256_xor_si256(a, b); }
  HHSWEEP_HD static Bits odd_words(Bits a) { return _mm256_srli_epi64(a, 32); }
  HHSWEEP_HD static Bits join_words(Bits even, Bits odd) {
    return _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa);
  }
  HHSWEEP_HD static Real from_signed_word(Bits a) { return _mm256_cvtepi32_ps(a); }
  HHSWEEP_HD static Real square_root(Real a) { return _mm256_sqrt_ps(a); }
  HHSWEEP_HD static Bits left(Bits a, int n) { return _mm256_slli_epi32(a, n); }
  HHSWEEP_HD static Bits right(Bits a, int n) { return _mm256_srli_epi32(a, n); }
  HHSWEEP_HD static Mask equal(Bits a, Bits b) { return from_bits(_mm256_cmpeq_epi32(a, b)); }
  HHSWEEP_HD static Bits carry(Bits a, Bits b) {
    const Bits sign = set_bits(0x80000000u);
    const Bits below = _mm256_cmpgt_epi32(_mm256_xor_si256(b, sign), _mm256_xor_si256(a, sign));
    return right(below, 31);
  }
  HHSWEEP_HD static Mask mask_and(Mask a, Mask b) { return _mm256_and_ps(a, b); }
  HHSWEEP_HD static Mask mask_or(Mask a, Mask b) { return _mm256_or_ps(a, b); }
  HHSWEEP_HD static Mask mask_xor(Mask a, Mask b) { return _mm256_xor_ps(a, b); }
  HHSWEEP_HD static Mask mask_not(Mask a) { return mask_xor(a, from_bits(set_bits(~0u))); }
  HHSWEEP_HD static std::uint64_t mask_bits(Mask a) {
    return static_cast<std::uint32_t>(_mm256_movemask_ps(a));
  }
};

template <>
struct Register<avx2, double> {
  using Real = __m256d;
  using Bits = __m256i;
  using Mask = __m256d;
  static constexpr int lanes = 4;

  HHSWEEP_HD static Real set(double x) { return _mm256_set1_pd(x); }
  HHSWEEP_HD static Bits set_bits(std::uint64_t x) {
    return _mm256_set1_epi64x(static_cast<long long>(x));
  }
  HHSWEEP_HD static Real load(const double* p) { return _mm256_loadu_pd(p); }
  HHSWEEP_HD static Bits load_bits(const std::uint64_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  HHSWEEP_HD static Real add(Real a, Real b) { return _mm256_add_pd(a, b); }
  HHSWEEP_HD static Real sub(Real a, Real b) { return _mm256_sub_pd(a, b); }
  HHSWEEP_HD static Real mul(Real a, Real b) { return _mm256_mul_pd(a, b); }
  HHSWEEP_HD static Real fma(Real a, Real b, Real c) { return _mm256_fmadd_pd(a, b, c); }
  HHSWEEP_HD static Real negate(Real a) { return -a; }
  HHSWEEP_HD static Real magnitude(Real a) { return _mm256_andnot_pd(_mm256_set1_pd(-0.0), a); }
  HHSWEEP_HD static Real lesser(Real a, Real b) { return _mm256_min_pd(a, b); }
  HHSWEEP_HD static Real greater(Real a, Real b) { return _mm256_max_pd(a, b); }
  HHSWEEP_HD static Mask less(Real a, Real b) { return _mm256_cmp_pd(a, b, _CMP_LT_OQ); }
  HHSWEEP_HD static Mask less_equal(Real a, Real b) { return _mm256_cmp_pd(a, b, _CMP_LE_OQ); }
  HHSWEEP_HD static Real select(Mask m, Real a, Real b) { return _mm256_blendv_pd(b, a, m); }
  HHSWEEP_HD static Bits to_bits(Real a) { return _mm256_castpd_si256(a); }
  HHSWEEP_HD static Real from_bits(Bits a) { return _mm256_castsi256_pd(a); }
  HHSWEEP_HD static Bits add_bits(Bits a, Bits b) { return _mm256_add_epi64(a, b); }
  HHSWEEP_HD static Bits sub_bits(Bits a, Bits b) { return _mm256_sub_epi64(a, b); }
  HHSWEEP_HD static Bits or_bits(Bits a, Bits b) { return _mm256_or_si256(a, b); }
  HHSWEEP_HD static Bits xor_bits(Bits a, Bits b) { return _mm256_xor_si256(a, b); }
  HHSWEEP_HD static Bits low_words(Bits a) { return _mm256_and_si256(a, set_bits(0xffffffffu)); }
  HHSWEEP_HD static Bits product_of_words(Bits a, std::uint32_t b) {
    return _mm256_mul_epu32(a, set_bits(b));
  }
  HHSWEEP_HD static Real from_signed_word(Bits a) {
    // 2^52 + 2^31 + a, its last bit being worth 1
    return sub(from_bits(xor_bits(low_words(a), set_bits(0x4330000080000000u))),
               set(0x1.000008p52));
  }
  HHSWEEP_HD static Real square_root(Real a) { return _mm256_sqrt_pd(a); }
  HHSWEEP_HD static Bits left(Bits a, int n) { return _mm256_slli_epi64(a, n); }
  HHSWEEP_HD static Bits right(Bits a, int n) { return _mm256_srli_epi64(a, n); }
  HHSWEEP_HD static Mask equal(Bits a, Bits b) { return from_bits(_mm256_cmpeq_epi64(a, b)); }
  HHSWEEP_HD static Mask mask_and(Mask a, Mask b) { return _mm256_and_pd(a, b); }
  HHSWEEP_HD static Mask mask_or(Mask a, Mask b) { return _mm256_or_pd(a, b); }
  HHSWEEP_HD static Mask mask_xor(Mask a, Mask b) { return _mm256_xor_pd(a, b); }
  HHSWEEP_HD static Mask mask_not(Mask a) {
    return mask_xor(a, from_bits(set_bits(~std::uint64_t{0})));
  }
  HHSWEEP_HD static std::uint64_t mask_bits(Mask a) {
    return static_cast<std::uint32_t>(_mm256_movemask_pd(a));
  }
};
#endif

#if defined(__AVX512F__) && defined(__AVX512DQ__)
template <>
struct Register<avx512, float> {
  using Real = __m512;
  using Bits = __m512i;
  using Mask = __mmask16;
  static constexpr int lanes = 16;

  HHSWEEP_HD static Real set(float x) { return _mm512_set1_ps(x); }
  HHSWEEP_HD static Bits set_bits(std::uint32_t x) {
    return _mm512_set1_epi32(static_cast<int>(x));
  }
  HHSWEEP_HD static Real load(const float* p) { return _mm512_loadu_ps(p); }
  HHSWEEP_HD static Bits load_bits(const std::uint32_t* p) { return _mm512_loadu_si512(p); }
  HHSWEEP_HD static Real add(Real a, Real b) { return _mm512_add_ps(a, b); }
  HHSWEEP_HD static Real sub(Real a, Real b) { return _mm512_sub_ps(a, b); }
  HHSWEEP_HD static Real mul(Real a, Real b) { return _mm512_mul_ps(a, b); }
  HHSWEEP_HD static Real fma(Real a, Real b, Real c) { return _mm512_fmadd_ps(a, b, c); }
  HHSWEEP_HD static Real negate(Real a) { return -a; }
  HHSWEEP_HD static Real magnitude(Real a) { return _mm512_andnot_ps(_mm512_set1_ps(-0.0f), a); }
  HHSWEEP_HD static Real lesser(Real a, Real b) { return _mm512_min_ps(a, b); }
  HHSWEEP_HD static Real greater(Real a, Real b) { return _mm512_max_ps(a, b); }
  HHSWEEP_HD static Mask less(Real a, Real b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
  HHSWEEP_HD static Mask less_equal(Real a, Real b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
  HHSWEEP_HD static Real select(Mask m, Real a, Real b) { return _mm512_mask_blend_ps(m, b, a); }
  HHSWEEP_HD static Bits to_bits(Real a) { return _mm512_castps_si512(a); }
  HHSWEEP_HD static Real from_bits(Bits a) { return _mm512_castsi512_ps(a); }
  HHSWEEP_HD static Bits add_bits(Bits a, Bits b) { return _mm512_add_epi32(a, b); }
  HHSWEEP_HD static Bits sub_bits(Bits a, Bits b) { return _mm512_sub_epi32(a, b); }
  HHSWEEP_HD static Bits or_bits(Bits a, Bits b) { return _mm512_or_si512(a, b); }
  HHSWEEP_HD static Bits xor_bits(Bits a, Bits b) { return _mm512_xor_si512(a, b); }
  HHSWEEP_HD static Bits odd_words(Bits a) { return _mm512_srli_epi64(a, 32); }
  HHSWEEP_HD static Bits join_words(Bits even, Bits odd) {
    return _mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64(odd, 32));
  }
  HHSWEEP_HD static Real from_signed_word(Bits a) { return _mm512_cvtepi32_ps(a); }
  HHSWEEP_HD static Real square_root(Real a) { return _mm512_sqrt_ps(a); }
  HHSWEEP_HD static Bits left(Bits a, int n) {
    return _mm512_slli_epi32(a, static_cast<unsigned>(n));
  }
  HHSWEEP_HD static Bits right(Bits a, int n) {
    return _mm512_srli_epi32(a, static_cast<unsigned>(n));
  }
  HHSWEEP_HD static Mask equal(Bits a, Bits b) { return _mm512_cmpeq_epi32_mask(a, b); }
  HHSWEEP_HD static Bits carry(Bits a, Bits b) {
    return _mm512_maskz_set1_epi32(_mm512_cmplt_epu32_mask(a, b), 1);
  }
  HHSWEEP_HD static Mask mask_and(Mask a, Mask b) { return static_cast<Mask>(a & b); }
  HHSWEEP_HD static Mask mask_or(Mask a, Mask b) { return static_cast<Mask>(a | b); }
  HHSWEEP_HD static Mask mask_xor(Mask a, Mask b) { return static_cast<Mask>(a ^ b); }
  HHSWEEP_HD static Mask mask_not(Mask a) { return static_cast<Mask>(~a); }
  HHSWEEP_HD static std::uint64_t mask_bits(Mask a) { return a; }
};

template <>
struct Register<avx512, double> {
  using Real = __m512d;
  using Bits = __m512i;
  using Mask = __mmask8;
  static constexpr int lanes = 8;

  HHSWEEP_HD static Real set(double x) { return _mm512_set1_pd(x); }
  HHSWEEP_HD static Bits set_bits(std::uint64_t x) {
    return _mm512_set1_epi64(static_cast<long long>(x));
  }
  HHSWEEP_HD static Real load(const double* p) { return _mm512_loadu_pd(p); }
  HHSWEEP_HD static Bits load_bits(const std::uint64_t* p) { return _mm512_loadu_si512(p); }
  HHSWEEP_HD static Real add(Real a, Real b) { return _mm512_add_pd(a, b); }
  HHSWEEP_HD static Real sub(Real a, Real b) { return _mm512_sub_pd(a, b); }
  HHSWEEP_HD static Real mul(Real a, Real b) { return _mm512_mul_pd(a, b); }
  HHSWEEP_HD static Real fma(Real a, Real b, Real c) { return _mm512_fmadd_pd(a, b, c); }
  HHSWEEP_HD static Real negate(Real a) { return -a; }
  HHSWEEP_HD static Real magnitude(Real a) { return _mm512_andnot_pd(_mm512_set1_pd(-0.0), a); }
  HHSWEEP_HD static Real lesser(Real a, Real b) { return _mm512_min_pd(a, b); }
  HHSWEEP_HD static Real greater(Real a, Real b) { return _mm512_max_pd(a, b); }
  HHSWEEP_HD static Mask less(Real a, Real b) { return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ); }
  HHSWEEP_HD static Mask less_equal(Real a, Real b) { return _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ); }
  HHSWEEP_HD static Real select(Mask m, Real a, Real b) { return _mm512_mask_blend_pd(m, b, a); }
  HHSWEEP_HD static Bits to_bits(Real a) { return _mm512_castpd_si512(a); }
  HHSWEEP_HD static Real from_bits(Bits a) { return _mm512_castsi512_pd(a); }
  HHSWEEP_HD static Bits add_bits(Bits a, Bits b) { return _mm512_add_epi64(a, b); }
  HHSWEEP_HD static Bits sub_bits(Bits a, Bits b) { return _mm512_sub_epi64(a, b); }
  HHSWEEP_HD static Bits or_bits(Bits a, Bits b) { return _mm512_or_si512(a, b); }
  HHSWEEP_HD static Bits xor_bits(Bits a, Bits b) { return _mm512_xor_si512(a, b); }
  HHSWEEP_HD static Bits low_words(Bits a) { return _mm512_and_si512(a, set_bits(0xffffffffu)); }
  HHSWEEP_HD static Bits product_of_words(Bits a, std::uint32_t b) {
    return _mm512_mul_epu32(a, set_bits(b));
  }
  HHSWEEP_HD static Real from_signed_word(Bits a) {
    // 2^52 + 2^31 + a, its last bit being worth 1
    return sub(from_bits(xor_bits(low_words(a), set_bits(0x4330000080000000u))),
               set(0x1.000008p52));
  }
  HHSWEEP_HD static Real square_root(Real a) { return _mm512_sqrt_pd(a); }
  HHSWEEP_HD static Bits left(Bits a, int n) {
    return _mm512_slli_epi64(a, static_cast<unsigned>(n));
  }
  HHSWEEP_HD static Bits right(Bits a, int n) {
    return _mm512_srli_epi64(a, static_cast<unsigned>(n));
  }
  HHSWEEP_HD static Mask equal(Bits a, Bits b) { return _mm512_cmpeq_epi64_mask(a, b); }
  HHSWEEP_HD static Mask mask_and(Mask a, Mask b) { return static_cast<Mask>(a & b); }
  HHSWEEP_HD static Mask mask_or(Mask a, Mask b) { return static_cast<Mask>(a | b); }
  HHSWEEP_HD static Mask mask_xor(Mask a, Mask b) { return static_cast<Mask>(a ^ b); }
  HHSWEEP_HD static Mask mask_not(Mask a) { return static_cast<Mask>(~a); }
  HHSWEEP_HD static std::uint64_t mask_bits(Mask a) { return a; }
};
#endif

template <class Isa, class Scalar, int registers>
class PackMask;
template <class Isa, class Scalar, int registers>
class PackBits;

/// `registers` registers of Scalar as one Real.
template <class Isa, class Scalar, int registers>
class Pack {
 public:
  using R = Register<Isa, Scalar>;
  using Mask = PackMask<Isa, Scalar, registers>;
  using Bits = PackBits<Isa, Scalar, registers>;
  static constexpr int lanes = registers * R::lanes;

  Pack() = default;
  HHSWEEP_HD Pack(Scalar x) {
    for_each([&](auto u) { r[u] = R::set(x); });
  }

  template <class Function>
  HHSWEEP_HD static void for_each(Function f) {
    [&]<int... u>(std::integer_sequence<int, u...>) __attribute__((always_inline)) {
      (f(std::integral_constant<int, u>{}), ...);
    }
    (std::make_integer_sequence<int, registers>{});
  }

#define HHSWEEP_PACK_BINARY(name, operation)                            \
  HHSWEEP_HD friend Pack name(const Pack& a, const Pack& b) {           \
    Pack out;                                                           \
    for_each([&](auto u) { out.r[u] = R::operation(a.r[u], b.r[u]); }); \
    return out;                                                         \
  }
  HHSWEEP_PACK_BINARY(operator+, add)
  HHSWEEP_PACK_BINARY(operator-, sub)
  HHSWEEP_PACK_BINARY(operator*, mul)
  HHSWEEP_PACK_BINARY(lesser, lesser)
  HHSWEEP_PACK_BINARY(greater, greater)
#undef HHSWEEP_PACK_BINARY

  HHSWEEP_HD friend Pack operator-(const Pack& a) {
    Pack out;
    for_each([&](auto u) { out.r[u] = R::negate(a.r[u]); });
    return out;
  }
  HHSWEEP_HD friend Pack magnitude(const Pack& a) {
    Pack out;
    for_each([&](auto u) { out.r[u] = R::magnitude(a.r[u]); });
    return out;
  }
  HHSWEEP_HD friend Pack square_root(const Pack& a) {
    Pack out;
    for_each([&](auto u) { out.r[u] = R::square_root(a.r[u]); });
    return out;
  }
  HHSWEEP_HD friend Pack fma(const Pack& a, const Pack& b, const Pack& c) {
    Pack out;
    for_each([&](auto u) { out.r[u] = R::fma(a.r[u], b.r[u], c.r[u]); });
    return out;
  }
  HHSWEEP_HD friend Pack select(const Mask& m, const Pack& a, const Pack& b) {
    Pack out;
    for_each([&](auto u) { out.r[u] = R::select(m.r[u], a.r[u], b.r[u]); });
    return out;
  }

  HHSWEEP_HD friend Mask operator<(const Pack& a, const Pack& b) {
    Mask out;
    for_each([&](auto u) { out.r[u] = R::less(a.r[u], b.r[u]); });
    return out;
  }
  HHSWEEP_HD friend Mask operator<=(const Pack& a, const Pack& b) {
    Mask out;
    for_each([&](auto u) { out.r[u] = R::less_equal(a.r[u], b.r[u]); });
    return out;
  }
  HHSWEEP_HD friend Mask operator>(const Pack& a, const Pack& b) { return b < a; }
  HHSWEEP_HD friend Mask operator>=(const Pack& a, const Pack& b) { return b <= a; }

  HHSWEEP_HD friend Bits to_bits(const Pack& a) {
    Bits out;
    for_each([&](auto u) { out.r[u] = R::to_bits(a.r[u]); });
    return out;
  }

  HHSWEEP_HD friend void load_lanes(Pack& x, const Scalar* from) {
    for_each([&](auto u) { x.r[u] = R::load(from + u * R::lanes); });
  }
  HHSWEEP_HD friend Scalar lane_of(const Pack& x, int lane) {
    return reinterpret_cast<const AliasedScalar*>(x.r)[lane];
  }
  HHSWEEP_HD friend void set_lane(Pack& x, int lane, Scalar value) {
    reinterpret_cast<AliasedScalar*>(x.r)[lane] = value;
  }

  typename R::Real r[registers];

 private:
  using AliasedScalar __attribute__((may_alias)) = Scalar;
};

/// Unsigned integers of a pack's element width.
template <class Isa, class Scalar, int registers>
class PackBits {
 public:
  using P = Pack<Isa, Scalar, registers>;
  using R = Register<Isa, Scalar>;
  using Word = BitsOf<Scalar>;
  using Mask = PackMask<Isa, Scalar, registers>;
  static constexpr int wide_parts = sizeof(Word) == 4 && R::lanes > 1 ? 2 : 1;
  using Wide = std::conditional_t<sizeof(Word) == 8, PackBits,
                                  PackBits<Isa, double, registers * wide_parts>>;

  PackBits() = default;
  HHSWEEP_HD explicit PackBits(Word x) {
    P::for_each([&](auto u) { r[u] = R::set_bits(x); });
  }

  HHSWEEP_HD friend PackBits operator+(const PackBits& a, const PackBits& b) {
    PackBits out;
    P::for_each([&](auto u) { out.r[u] = R::add_bits(a.r[u], b.r[u]); });
    return out;
  }
  HHSWEEP_HD friend PackBits operator-(const PackBits& a, const PackBits& b) {
    PackBits out;
    P::for_each([&](auto u) { out.r[u] = R::sub_bits(a.r[u], b.r[u]); });
    return out;
  }
  HHSWEEP_HD friend PackBits operator|(const PackBits& a, const PackBits& b) {
    PackBits out;
    P::for_each([&](auto u) { out.r[u] = R::or_bits(a.r[u], b.r[u]); });
    return out;
  }
  HHSWEEP_HD friend PackBits operator^(const PackBits& a, const PackBits& b) {
    PackBits out;
    P::for_each([&](auto u) { out.r[u] = R::xor_bits(a.r[u], b.r[u]); });
    return out;
  }
  /// Words of 32-bit elements lie in twice as many registers, those of even and of odd elements.
  HHSWEEP_HD friend Wide widened(const PackBits& a) {
    if constexpr (sizeof(Word) == 8) {
      return a;
    } else {
      Wide out;
      P::for_each([&](auto u) {
        out.r[u * wide_parts] = a.r[u];
        if constexpr (wide_parts == 2) out.r[u * wide_parts + 1] = R::odd_words(a.r[u]);
      });
      return out;
    }
  }
  HHSWEEP_HD friend void narrow(const Wide& wide, PackBits& out) {
    P::for_each([&](auto u) {
      if constexpr (sizeof(Word) == 8) {
        out.r[u] = R::low_words(wide.r[u]);
      } else if constexpr (wide_parts == 2) {
        out.r[u] = R::join_words(wide.r[u * 2], wide.r[u * 2 + 1]);
      } else {
        out.r[u] = static_cast<Word>(wide.r[u]);
      }
    });
  }
  HHSWEEP_HD friend PackBits product_of_words(const PackBits& a, std::uint32_t b) {
    PackBits out;
    P::for_each([&](auto u) { out.r[u] = R::product_of_words(a.r[u], b); });
    return out;
  }
  HHSWEEP_HD friend P from_signed_word(const PackBits& a) {
    P out;
    P::for_each([&](auto u) { out.r[u] = R::from_signed_word(a.r[u]); });
    return out;
  }
  HHSWEEP_HD friend PackBits operator<<(const PackBits& a, int n) {
    PackBits out;
    P::for_each([&](auto u) { out.r[u] = R::left(a.r[u], n); });
    return out;
  }
  HHSWEEP_HD friend PackBits operator>>(const PackBits& a, int n) {
    PackBits out;
    P::for_each([&](auto u) { out.r[u] = R::right(a.r[u], n); });
    return out;
  }
  HHSWEEP_HD friend P from_bits(const PackBits& a) {
    P out;
    P::for_each([&](auto u) { out.r[u] = R::from_bits(a.r[u]); });
    return out;
  }
  HHSWEEP_HD friend PackBits carry(const PackBits& a, const PackBits& b) {
    PackBits out;
    P::for_each([&](auto u) { out.r[u] = R::carry(a.r[u], b.r[u]); });
    return out;
  }
  HHSWEEP_HD friend Mask equal_bits(const PackBits& a, const PackBits& b) {
    Mask out;
    P::for_each([&](auto u) { out.r[u] = R::equal(a.r[u], b.r[u]); });
    return out;
  }
  HHSWEEP_HD friend void load_lanes(PackBits& x, const Word* from) {
    P::for_each([&](auto u) { x.r[u] = R::load_bits(from + u * R::lanes); });
  }
  HHSWEEP_HD friend Word lane_of(const PackBits& x, int lane) {
    return reinterpret_cast<const AliasedWord*>(x.r)[lane];
  }
  HHSWEEP_HD friend void set_lane(PackBits& x, int lane, Word value) {
    reinterpret_cast<AliasedWord*>(x.r)[lane] = value;
  }

  typename R::Bits r[registers];

 private:
  using AliasedWord __attribute__((may_alias)) = Word;
};

/// Result of comparing packs.
template <class Isa, class Scalar, int registers>
class PackMask {
 public:
  using P = Pack<Isa, Scalar, registers>;
  using R = Register<Isa, Scalar>;

  HHSWEEP_HD friend PackMask operator&(const PackMask& a, const PackMask& b) {
    PackMask out;
    P::for_each([&](auto u) { out.r[u] = R::mask_and(a.r[u], b.r[u]); });
    return out;
  }
  HHSWEEP_HD friend PackMask operator|(const PackMask& a, const PackMask& b) {
    PackMask out;
    P::for_each([&](auto u) { out.r[u] = R::mask_or(a.r[u], b.r[u]); });
    return out;
  }
  HHSWEEP_HD friend PackMask operator^(const PackMask& a, const PackMask& b) {
    PackMask out;
    P::for_each([&](auto u) { out.r[u] = R::mask_xor(a.r[u], b.r[u]); });
    return out;
  }
  HHSWEEP_HD friend PackMask operator!(const PackMask& a) {
    PackMask out;
    P::for_each([&](auto u) { out.r[u] = R::mask_not(a.r[u]); });
    return out;
  }
  HHSWEEP_HD friend bool any(const PackMask& a) {
    auto all = a.r[0];
    P::for_each([&](auto u) { all = R::mask_or(all, a.r[u]); });
    return R::mask_bits(all) != 0;
  }
  HHSWEEP_HD friend bool all(const PackMask& a) { return !any(!a); }
  template <class Function>
  HHSWEEP_HD friend void for_each_lane(const PackMask& a, Function f) {
    std::uint64_t bits = 0;
    P::for_each([&](auto u) { bits |= R::mask_bits(a.r[u]) << (u * R::lanes); });
    for (; bits != 0; bits &= bits - 1) f(__builtin_ctzll(bits));
  }

  typename R::Mask r[registers];
};

}  // namespace hhsweep::cpu

namespace hhsweep {
template <class Isa, class S, int registers>
struct RealTraits<cpu::Pack<Isa, S, registers>> {
  using Scalar = S;
  using Mask = cpu::PackMask<Isa, S, registers>;
  using Bits = cpu::PackBits<Isa, S, registers>;
  static constexpr int lanes = cpu::Pack<Isa, S, registers>::lanes;
};
}  // namespace hhsweep
