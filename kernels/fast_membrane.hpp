// SPDX-License-Identifier: MIT
#pragma once

#include "hhsweep/membrane.hpp"

/// The classic membrane for math = "fast": exponentials and reciprocals by a GPU's special function
/// units, which differ in their last bits from one generation of GPUs to the next.
namespace hhsweep::cuda {

/// 2^t. Max relative error 2^-22 (PTX ISA, ex2.approx.ftz.f32); 0 and infinity where it leaves the
/// normal numbers.
HHSWEEP_HD float approximate_exp2(float t) {
#if defined(__CUDA_ARCH__)
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(t));
  return y;
#else
  return ::exp2f(t);
#endif
}

/// 1/d. Max error 1 ULP (PTX ISA, rcp.approx.ftz.f32); 0 of infinity.
HHSWEEP_HD float approximate_reciprocal(float d) {
#if defined(__CUDA_ARCH__)
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(d));
  return y;
#else
  return 1 / d;
#endif
}

/// The coefficients of ClassicMembrane. Each denominator has its own reciprocal, which costs one
/// instruction. Voltages are not held in a range: below -225 mV, where exact arithmetic holds the
/// rates constant, these go on to grow, and one that is infinite makes the neuron diverge.
class FastMembrane : public ClassicMembrane<float> {
 public:
  HHSWEEP_HD Rates<float> rates(float V) const {
    const float e = approximate_exp2(V * per_80_mV);
    const float e2 = e * e;
    const float e4 = e2 * e2;
    const float e8 = e4 * e4;
    const float x_m = fma(V, 0.1f, c[m_offset]);
    const float x_n = fma(V, 0.1f, c[n_offset]);
    const bool near_m = x_m * x_m <= linoid_near * linoid_near;
    const bool near_n = x_n * x_n <= linoid_near * linoid_near;
    const float numerator_m = select(near_m, linoid_near_zero(x_m), x_m);
    const float numerator_n = select(near_n, linoid_near_zero(x_n), x_n);
    const float d_m = select(near_m, c[d_m_level], fma(c[d_m_factor], e8, c[d_m_level]));
    const float d_n = select(near_n, c[d_n_level], fma(c[d_n_factor], e8, c[d_n_level]));
    const float d_h = fma(c[d_h_factor], e8, c[d_h_level]);
    const float alpha_m = numerator_m * approximate_reciprocal(d_m);
    const float alpha_h = c[alpha_h_factor] * e4;
    const float alpha_n = numerator_n * approximate_reciprocal(d_n);
    const float beta_m_shape = approximate_exp2(V * per_18_mV);
    return {alpha_m, fma(c[beta_m_factor], beta_m_shape, alpha_m),
            alpha_h, alpha_h + approximate_reciprocal(d_h),
            alpha_n, fma(c[beta_n_factor], e, alpha_n)};
  }
};

}  // namespace hhsweep::cuda
