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
    const Quotients q = quotients(V, e);
    const float alpha_m = q.numerator_m * approximate_reciprocal(q.d_m);
    const float alpha_h = c[alpha_h_factor] * q.e4;
    const float alpha_n = q.numerator_n * approximate_reciprocal(q.d_n);
    const float beta_m_shape = approximate_exp2(V * per_18_mV);
    return {alpha_m, fma(c[beta_m_factor], beta_m_shape, alpha_m),
            alpha_h, alpha_h + approximate_reciprocal(q.d_h),
            alpha_n, fma(c[beta_n_factor], e, alpha_n)};
  }
};

}  // namespace hhsweep::cuda
