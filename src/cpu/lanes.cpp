// SPDX-License-Identifier: MIT
// Compiled once for each instruction set, which HHSWEEP_ISA names.
#include "cpu/lanes.hpp"

#include "cpu/pack.hpp"
#include "hhsweep/integrate.hpp"

namespace hhsweep::cpu {

/// Registers of a pack: one alone waits for its own results, more than two no longer fit the
/// register file (benchmarks/README.md has the measurements).
inline constexpr int pack_registers = 2;

template <class Isa, class Scalar, template <class> class Membrane, DriveKind drive>
struct Lanes {
  using Real = Pack<Isa, Scalar, pack_registers>;

  static void prepare(const BatchView<Scalar>& batch, std::int64_t first, std::int64_t count,
                      const State<double>* shared_start) {
    for (std::int64_t i = first; i < first + count; ++i) {
      hhsweep::prepare<Real, Membrane<Real>>(batch, i, shared_start);
    }
  }

  /// Lays out the memory of `stimuli` stimuli from `scratch` on; returns how much that is.
  static std::size_t arrange(Workspace<Real>& workspace, std::size_t stimuli, std::byte* scratch) {
    workspace = {{nullptr, 1}, {nullptr, nullptr, nullptr, 1}};
    std::size_t used = 0;
    const auto take = [&](auto*& pointer, std::int64_t count) {
      using Element = std::remove_reference_t<decltype(*pointer)>;
      pointer = reinterpret_cast<Element*>(scratch + used);
      used += static_cast<std::size_t>(count) * sizeof(Element);
    };
    const auto count = static_cast<std::int64_t>(stimuli);
    if (drive != DriveKind::constant) take(workspace.oscillators.first, count);
    if (drive == DriveKind::sampled) {
      take(workspace.samplers.reals, SamplerSpan<Real>::reals_for(count));
      take(workspace.samplers.words, SamplerSpan<Real>::words_for(count));
      take(workspace.samplers.steps, count);
    }
    return used;
  }

  static std::size_t scratch_bytes(std::size_t stimuli) {
    Workspace<Real> workspace;
    return arrange(workspace, stimuli, nullptr);
  }

  static void advance(const BatchView<Scalar>& batch, std::int64_t first, std::int64_t stop_step,
                      std::byte* scratch) {
    Workspace<Real> workspace;
    arrange(workspace, static_cast<std::size_t>(batch.population.stimulus_count), scratch);
    integrate<Real, Membrane<Real>, drive>(batch, first, stop_step, workspace);
  }

  static LaneKernel<Scalar> kernel() { return {Real::lanes, scratch_bytes, prepare, advance}; }
};

template <class Scalar, template <class> class Membrane>
static LaneKernel<Scalar> choose(DriveKind drive) {
  switch (drive) {
    case DriveKind::constant:
      return Lanes<HHSWEEP_ISA, Scalar, Membrane, DriveKind::constant>::kernel();
    case DriveKind::varying:
      return Lanes<HHSWEEP_ISA, Scalar, Membrane, DriveKind::varying>::kernel();
    case DriveKind::sampled:
      break;
  }
  return Lanes<HHSWEEP_ISA, Scalar, Membrane, DriveKind::sampled>::kernel();
}

template <class Scalar>
static LaneKernel<Scalar> choose(MembraneKind membrane, DriveKind drive) {
  return membrane == MembraneKind::general ? choose<Scalar, GeneralMembrane>(drive)
                                           : choose<Scalar, ClassicMembrane>(drive);
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
