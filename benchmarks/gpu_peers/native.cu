// SPDX-License-Identifier: MIT
// native VARIANT PRECISION NEURONS STEPS ONSET_STEP DT RUNS CURRENTS SPIKES V m h n: seconds of
// each run, a line each. CURRENTS is a file of doubles; SPIKES is written, int32. VARIANT is thrust
// (for_each, once a step) or kernel (the whole run in one kernel).
#include <thrust/device_vector.h>
#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "neuron.cuh"

namespace {

struct Arguments {
  std::string variant;
  int steps, onset_step, runs;
  double dt;
  std::vector<double> currents;
  std::string spikes_file;
  Neuron<double> rest;
};

template <class Real>
struct StepOfAll {
  Neuron<Real>* y;
  int* spikes;
  const Real* currents;
  bool on;
  Real dt;
  __device__ void operator()(int i) const {
    Neuron<Real> own = y[i];
    int found = spikes[i];
    step(own, found, on ? currents[i] : Real(0), dt);
    y[i] = own;
    spikes[i] = found;
  }
};

template <class Real>
void run_by_thrust(const Arguments& arguments, const Neuron<Real>& rest,
                   const thrust::device_vector<Real>& currents,
                   thrust::device_vector<int>& spikes) {
  const int count = static_cast<int>(currents.size());
  thrust::device_vector<Neuron<Real>> y(currents.size(), rest);
  thrust::fill(spikes.begin(), spikes.end(), 0);
  for (int k = 0; k < arguments.steps; ++k) {
    thrust::for_each(
        thrust::counting_iterator<int>(0), thrust::counting_iterator<int>(count),
        StepOfAll<Real>{thrust::raw_pointer_cast(y.data()), thrust::raw_pointer_cast(spikes.data()),
                        thrust::raw_pointer_cast(currents.data()), k >= arguments.onset_step,
                        static_cast<Real>(arguments.dt)});
  }
}

template <class Real>
void run_by_kernel(const Arguments& arguments, const Neuron<Real>& rest,
                   const thrust::device_vector<Real>& currents,
                   thrust::device_vector<int>& spikes) {
  const int count = static_cast<int>(currents.size());
  run_neurons<Real><<<(count + 127) / 128, 128>>>(
      thrust::raw_pointer_cast(currents.data()), thrust::raw_pointer_cast(spikes.data()), count,
      arguments.steps, arguments.onset_step, rest.V, rest.m, rest.h, rest.n,
      static_cast<Real>(arguments.dt));
}

template <class Real>
void measure(const Arguments& arguments) {
  const Neuron<Real> rest{static_cast<Real>(arguments.rest.V), static_cast<Real>(arguments.rest.m),
                          static_cast<Real>(arguments.rest.h), static_cast<Real>(arguments.rest.n)};
  const std::vector<Real> rounded(arguments.currents.begin(), arguments.currents.end());
  const thrust::device_vector<Real> currents(rounded.begin(), rounded.end());
  thrust::device_vector<int> spikes(currents.size());
  std::vector<int> counts(currents.size());
  for (int i = 0; i <= arguments.runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    (arguments.variant == "thrust" ? run_by_thrust<Real> : run_by_kernel<Real>)(arguments, rest,
                                                                                currents, spikes);
    thrust::copy(spikes.begin(), spikes.end(), counts.begin());
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    std::printf("%.9g\n", taken.count());
  }
  std::ofstream(arguments.spikes_file, std::ios::binary)
      .write(reinterpret_cast<const char*>(counts.data()),
             static_cast<std::streamsize>(counts.size() * sizeof(int)));
}

std::vector<double> read_doubles(const char* name, std::size_t count) {
  std::vector<double> numbers(count);
  std::ifstream(name, std::ios::binary)
      .read(reinterpret_cast<char*>(numbers.data()),
            static_cast<std::streamsize>(count * sizeof(double)));
  return numbers;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 14) return 2;
  const Arguments arguments{
      argv[1],
      std::atoi(argv[4]),
      std::atoi(argv[5]),
      std::atoi(argv[7]),
      std::atof(argv[6]),
      read_doubles(argv[8], std::strtoull(argv[3], nullptr, 10)),
      argv[9],
      {std::atof(argv[10]), std::atof(argv[11]), std::atof(argv[12]), std::atof(argv[13])}};
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) return 77;
  if (std::string(argv[2]) == "float32") {
    measure<float>(arguments);
  } else {
    measure<double>(arguments);
  }
  return cudaGetLastError() == cudaSuccess ? 0 : 1;
}
