// SPDX-License-Identifier: MIT
#include "hhsweep/equilibrium.hpp"

#include <algorithm>
#include <cmath>

namespace hhsweep {

GateCurve gate_curve(const double* p, const RateForm* forms, double V) {
  GateCurve curve{};
  const double phi = temperature_factor(p);
  for (int gate = 0; gate < 3; ++gate) {
    curve.infinity[gate] = gate_infinity(p, forms, gate, V);
    curve.tau_ms[gate] =
        1.0 / (phi * (rate_at(p, forms, 2 * gate, V) + rate_at(p, forms, 2 * gate + 1, V)));
  }
  return curve;
}

namespace {

/// d rate / dV of rate `index` at V, temperature factor not included. Where the rate is finite no
/// part of it overflows: e is e^-|x|.
double rate_derivative(const double* p, const RateForm* forms, int index, double V) {
  const double rate = p[parameter::rate(index, 0)];
  const double scale = p[parameter::rate(index, 2)];
  const double x = (V - p[parameter::rate(index, 1)]) / scale;
  const double e = exp(-magnitude(x));
  switch (forms[index]) {
    case RateForm::exponential:
      return -rate * exp(-x) / scale;
    case RateForm::sigmoid:
      return rate * e / ((1 + e) * (1 + e)) / scale;
    case RateForm::linoid:
      break;
  }
  // x/(1 - e^-x): its derivative's own series where the closed form cancels
  if (magnitude(x) < 0.02) return rate * (0.5 + x / 6 - x * x * x / 180) / scale;
  const double numerator = x > 0 ? 1 - e - x * e : e * (e - 1 - x);
  return rate * numerator / ((1 - e) * (1 - e)) / scale;
}

/// The linearised equations: only V couples to the gates, so the matrix is an arrow with `corner`
/// at its head, `row` to its right, `column` below and `diagonal` down.
struct ArrowMatrix {
  double corner;
  double row[3], column[3], diagonal[3];

  /// The characteristic polynomial and its derivative at z.
  void evaluate(std::complex<double> z, std::complex<double>& value,
                std::complex<double>& derivative) const {
    using C = std::complex<double>;
    const C d[3] = {diagonal[0] - z, diagonal[1] - z, diagonal[2] - z};
    const C head = corner - z;
    const C product = d[0] * d[1] * d[2];
    const C product_slope = -(d[1] * d[2] + d[0] * d[2] + d[0] * d[1]);
    value = head * product;
    derivative = head * product_slope - product;
    for (int i = 0; i < 3; ++i) {
      const C a = d[(i + 1) % 3];
      const C b = d[(i + 2) % 3];
      value -= row[i] * column[i] * (a * b);
      derivative += row[i] * column[i] * (a + b);
    }
  }
};

ArrowMatrix linearised(const double* p, const RateForm* forms, double V) {
  const double phi = temperature_factor(p);
  const State<double> y = steady_state(p, forms, V);
  const double gates[3] = {y.m, y.h, y.n};
  ArrowMatrix a{};
  for (int i = 0; i < 3; ++i) {
    const double alpha = rate_at(p, forms, 2 * i, V);
    const double beta = rate_at(p, forms, 2 * i + 1, V);
    a.diagonal[i] = -phi * (alpha + beta);
    a.column[i] = phi * (rate_derivative(p, forms, 2 * i, V) * (1 - gates[i]) -
                         rate_derivative(p, forms, 2 * i + 1, V) * gates[i]);
  }
  const double C = p[parameter::C_m];
  const double g_Na = p[parameter::g_Na];
  const double g_K = p[parameter::g_K];
  const double m2 = y.m * y.m;
  const double n3 = y.n * y.n * y.n;
  a.corner = -(g_Na * m2 * y.m * y.h + g_K * n3 * y.n + p[parameter::g_L]) / C;
  a.row[0] = -3 * g_Na * m2 * y.h * (V - p[parameter::E_Na]) / C;
  a.row[1] = -g_Na * m2 * y.m * (V - p[parameter::E_Na]) / C;
  a.row[2] = -4 * g_K * n3 * (V - p[parameter::E_K]) / C;
  return a;
}

/// Largest magnitude of an element, or of what a pair opposite each other contributes; not finite
/// when an element is not.
double size_of(const ArrowMatrix& matrix) {
  double size = magnitude(matrix.corner);
  for (int i = 0; i < 3; ++i) {
    const double coupling = square_root(magnitude(matrix.row[i] * matrix.column[i]));
    for (const double part : {magnitude(matrix.diagonal[i]), coupling}) {
      if (!(part <= size)) size = part;
    }
  }
  return size;
}

/// Roots of the characteristic polynomial, in no order; nothing when they were not found.
std::optional<Eigenvalues> roots_of(const ArrowMatrix& matrix) {
  using C = std::complex<double>;
  const double size = size_of(matrix);
  if (!std::isfinite(size)) return std::nullopt;
  if (size == 0) return Eigenvalues{};
  // Aberth's iteration, Math. Comp. 27 (1973) 339, from near the diagonal
  Eigenvalues roots{C(matrix.corner, 0.5), C(matrix.diagonal[0], -0.3), C(matrix.diagonal[1], 0.1),
                    C(matrix.diagonal[2], -0.2)};
  bool settled = false;
  for (int round = 0; round < 200; ++round) {
    settled = true;
    for (std::size_t i = 0; i < roots.size(); ++i) {
      C value, derivative;
      matrix.evaluate(roots[i], value, derivative);
      if (value == C(0)) continue;
      C repulsion = 0;
      for (std::size_t j = 0; j < roots.size(); ++j) {
        if (j != i && roots[j] != roots[i]) repulsion += C(1) / (roots[i] - roots[j]);
      }
      const C step = C(1) / (derivative / value - repulsion);
      if (step == step) roots[i] -= step;
      // loose, as roots that coincide stop at a root of the rounding errors
      settled = settled && std::abs(step) <= 1e-4 * std::abs(roots[i]) + 1e-10 * size;
    }
  }
  return settled ? std::optional(roots) : std::nullopt;
}

}  // namespace

std::optional<Eigenvalues> eigenvalues_at(const double* parameters, const RateForm* forms,
                                          double V) {
  using C = std::complex<double>;
  std::optional<Eigenvalues> found = roots_of(linearised(parameters, forms, V));
  if (!found) return found;
  Eigenvalues& roots = *found;
  for (C& root : roots) {
    if (std::abs(root.imag()) < 1e-9 * std::abs(root)) root = root.real();
  }
  std::sort(roots.begin(), roots.end(), [](C a, C b) { return a.real() > b.real(); });
  for (std::size_t i = 0; i + 1 < roots.size(); ++i) {
    if (roots[i].imag() == 0) continue;
    // The matrix is real: what is not real comes as a conjugate pair.
    const C mean = 0.5 * (roots[i] + std::conj(roots[i + 1]));
    roots[i] = C(mean.real(), std::abs(mean.imag()));
    roots[i + 1] = std::conj(roots[i]);
    ++i;
  }
  return found;
}

}  // namespace hhsweep
