// SPDX-License-Identifier: MIT
// Compiled once for each instruction set, which HHSWEEP_ISA names.
#include "cpu/lanes.hpp"

#include "cpu/pack.hpp"
#include "hhsweep/integrate.hpp"

namespace hhsweep::cpu {

/// Registers of a pack: one alone waits for its own results, four no longer fit the register file
/// (benchmarks/README.md has the measurements).
inline constexpr int pack_registers = 3;

template <class Isa, class Scalar, template <class> class Membrane, DriveKind drive>
struct Lanes {
  using Real = Pack<Isa, Scalar, pack_registers>;

  static void prepare(const BatchView<Scalar>& batch, std::int64_t first, std::int64_t count,
                      const State<double>* shared_start) {
    for (std::int64_t i = first; i < first + count; ++i) {
      hhsweep::prepare<Real, Membrane<Real>>(batch, i, shared_start);
    }
  }

  static void advance(const BatchView<Scalar>& batch, std::int64_t first, std::int64_t stop_step,
                      std::byte* scratch) {
    const OscillatorSpan<Real> oscillators{
        drive == DriveKind::varying ? reinterpret_cast<Oscillator<Real>*>(scratch) : nullptr, 1};
    integrate<Real, Membrane<Real>, drive>(batch, first, stop_step, oscillators);
  }

  static LaneKernel<Scalar> kernel() {
    return {Real::lanes, sizeof(Oscillator<Real>), prepare, advance};
  }
};

template <class Scalar>
static LaneKernel<Scalar> choose(MembraneKind membrane, DriveKind drive) {
  if (membrane == MembraneKind::classic) {
    return drive == DriveKind::constant
               ? Lanes<HHSWEEP_ISA, Scalar, ClassicMembrane, DriveKind::constant>::kernel()
               : Lanes<HHSWEEP_ISA, Scalar, ClassicMembrane, DriveKind::varying>::kernel();
  }
  return drive == DriveKind::constant
             ? Lanes<HHSWEEP_ISA, Scalar, GeneralMembrane, DriveKind::constant>::kernel()
             : Lanes<HHSWEEP_ISA, Scalar, GeneralMembrane, DriveKind::varying>::kernel();
}

template <>
LaneKernel<float> LaneKernels<HHSWEEP_ISA>::float32(MembraneKind membrane, DriveKind drive) {
  return choose<float>(membrane, drive);
}

template <>
LaneKernel<double> LaneKernels<HHSWEEP_ISA>::float64(MembraneKind membrane, DriveKind drive) {
  return choose<double>(membrane, drive);
}

}  // namespace hhsweep::cpu
