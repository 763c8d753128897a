// SPDX-License-Identifier: MIT
#include "netcdf.hpp"

#include <netcdf.h>
#include <netcdf_mem.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <iostream>

#include "disk.hpp"
#include "fault.hpp"
#include "hhsweep/error.hpp"
#include "hyperslab.hpp"

static_assert(std::endian::native == std::endian::little,
              "results are hashed as they lie in memory");

namespace hhsweep::io {
namespace {

struct TypeFacts {
  Type type;
  nc_type code;
  std::string_view name;
  std::size_t size;
};

constexpr std::array<TypeFacts, 6> types = {{{Type::int8, NC_BYTE, "int8", 1},
                                             {Type::int32, NC_INT, "int32", 4},
                                             {Type::int64, NC_INT64, "int64", 8},
                                             {Type::float32, NC_FLOAT, "float32", 4},
                                             {Type::float64, NC_DOUBLE, "float64", 8},
                                             {Type::text, NC_STRING, "string", 0}}};

const TypeFacts& facts(Type type) { return types.at(static_cast<std::size_t>(type)); }

std::optional<Type> type_of(nc_type code) {
  const auto found = std::find_if(types.begin(), types.end(),
                                  [code](const TypeFacts& facts) { return facts.code == code; });
  if (found == types.end()) return std::nullopt;
  return found->type;
}

constexpr std::uint64_t chunk_elements = std::uint64_t{1} << 16;
// Of readers, for each variable: two chunks of a compressed one fit.
constexpr std::size_t chunk_cache_bytes = std::size_t{1} << 20;

/// Chunk lengths such that a chunk holds consecutive values and the chunks of a dimension that must
/// be cut are about equal.
std::vector<std::size_t> chunk_lengths(std::span<const std::uint64_t> shape) {
  std::vector<std::size_t> lengths(shape.size(), 1);
  std::uint64_t room = chunk_elements;
  for (std::size_t d = shape.size(); d-- > 0;) {
    // What is empty yet grows.
    const std::uint64_t length = shape[d] > 0 ? shape[d] : chunk_elements;
    const std::uint64_t pieces = (length + room - 1) / room;
    lengths[d] = (length + pieces - 1) / pieces;
    room /= lengths[d];
    if (pieces > 1 || room == 0) break;
  }
  return lengths;
}

#ifdef __GLIBC__
/// Ends the process ahead of the exit handler of HDF5, which reads freed memory for any file whose
/// closing failed.
void end_before_hdf5(int status, void* /*unused*/) {
  std::cout.flush();
  std::fflush(nullptr);
  _exit(status);
}

void shun_exit_handler_of_hdf5() {
  static const int registered = on_exit(end_before_hdf5, nullptr);
  static_cast<void>(registered);
}
#else
void shun_exit_handler_of_hdf5() {}
#endif

template <class T>
std::string number_text(T value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

template <class T>
std::string join(const std::vector<T>& values) {
  std::string text;
  for (const T value : values) text += (text.empty() ? "" : " ") + number_text(value);
  return text;
}

struct AttributeWriter {
  int file;
  int variable;
  const char* name;

  int operator()(const std::string& text) const {
    // Of characters (NC_CHAR) some readers expect ASCII alone; a string is UTF-8 to all.
    const bool ascii =
        std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
    const char* characters = text.c_str();
    if (!ascii) return nc_put_att_string(file, variable, name, 1, &characters);
    return nc_put_att_text(file, variable, name, text.size(), text.data());
  }
  int operator()(std::int64_t value) const {
    const long long number = value;
    return nc_put_att_longlong(file, variable, name, NC_INT64, 1, &number);
  }
  int operator()(std::int32_t value) const {
    return nc_put_att_int(file, variable, name, NC_INT, 1, &value);
  }
  int operator()(double value) const {
    return nc_put_att_double(file, variable, name, NC_DOUBLE, 1, &value);
  }
  int operator()(const std::vector<std::int8_t>& values) const {
    return nc_put_att_schar(file, variable, name, NC_BYTE, values.size(), values.data());
  }
  int operator()(const std::vector<double>& values) const {
    return nc_put_att_double(file, variable, name, NC_DOUBLE, values.size(), values.data());
  }
};

}  // namespace

std::string_view to_string(Type type) { return facts(type).name; }

std::size_t size_of(Type type) { return facts(type).size; }

std::size_t write_cache_bytes(Type type) { return chunk_elements * size_of(type); }

NcFile NcFile::create(const std::string& path, std::uint64_t expected_bytes) {
  NcFile file(path, -1, true, expected_bytes);
  file.check(nc_set_chunk_cache(chunk_cache_bytes, 521, 0.75F), "chunk cache");
  file.begin("creating it");
  errno = 0;
  int id = -1;
  file.check(nc_create(path.c_str(), NC_NETCDF4 | NC_CLOBBER, &id), "creating it");
  file.id_ = id;
  int old_mode = 0;
  file.check(nc_set_fill(id, NC_NOFILL, &old_mode), "fill mode");
  return file;
}

NcFile NcFile::create_in_memory(const std::string& path) {
  NcFile file(path, -1, true, 0);
  file.in_memory_ = true;
  int id = -1;
  file.check(nc_create_mem(path.c_str(), NC_NETCDF4, 0, &id), "creating it");
  file.id_ = id;
  int old_mode = 0;
  file.check(nc_set_fill(id, NC_NOFILL, &old_mode), "fill mode");
  return file;
}

NcFile NcFile::open(const std::string& path) {
  NcFile file(path, -1, false, 0);
  file.check(nc_set_chunk_cache(chunk_cache_bytes, 521, 0.75F), "chunk cache");
  int id = -1;
  file.check(nc_open(path.c_str(), NC_NOWRITE, &id), "opening it");
  file.id_ = id;
  return file;
}

NcFile::~NcFile() {
  if (id_ < 0) return;
  if (nc_close(id_) != NC_NOERR && writable_) shun_exit_handler_of_hdf5();
}

void NcFile::check(int code, const std::string& operation) const {
  if (code == NC_NOERR) return;
  const int cause = errno;
  std::string message = std::string(writable_ ? "cannot write " : "cannot read ") + path_ + " (" +
                        operation + "): " + nc_strerror(code);
  if (writable_) message += disk_remark(path_, expected_bytes_, cause);
  throw IoError(message);
}

void NcFile::begin(const std::string& operation) const {
  if (writable_ && !in_memory_ && fails_here()) check(NC_EHDFERR, operation);
}

void NcFile::define_dimension(const std::string& name, std::uint64_t length) {
  int id = -1;
  check(nc_def_dim(id_, name.c_str(), length, &id), "dimension " + name);
}

void NcFile::define_unlimited_dimension(const std::string& name) {
  define_dimension(name, NC_UNLIMITED);
}

int NcFile::define_variable(const std::string& name, Type type,
                            std::span<const std::string> dimensions, Storage storage) {
  std::vector<int> ids(dimensions.size());
  std::vector<std::uint64_t> shape(dimensions.size());
  for (std::size_t d = 0; d < ids.size(); ++d) {
    std::size_t length = 0;
    check(nc_inq_dimid(id_, dimensions[d].c_str(), &ids[d]), "dimension " + dimensions[d]);
    check(nc_inq_dimlen(id_, ids[d], &length), "dimension " + dimensions[d]);
    shape[d] = length;
  }
  int id = -1;
  const int rank = static_cast<int>(ids.size());
  check(nc_def_var(id_, name.c_str(), facts(type).code, rank, ids.data(), &id), name);
  if (rank == 0 || type == Type::text) return id;
  if (storage == Storage::contiguous) {
    check(nc_def_var_chunking(id_, id, NC_CONTIGUOUS, nullptr), name);
    return id;
  }
  check(nc_def_var_chunking(id_, id, NC_CHUNKED, chunk_lengths(shape).data()), name);
  check(nc_def_var_deflate(id_, id, 1, 1, 1), name);
  check(nc_def_var_fletcher32(id_, id, NC_FLETCHER32), name);
  check(nc_set_var_chunk_cache(id_, id, write_cache_bytes(type), 1, 0.75F), name);
  return id;
}

void NcFile::set_attribute(int variable, const Attribute& attribute) {
  const AttributeWriter write{id_, variable, attribute.name.c_str()};
  errno = 0;
  check(std::visit(write, attribute.value), "attribute " + attribute.name);
}

void NcFile::set_global_attribute(const Attribute& attribute) {
  set_attribute(NC_GLOBAL, attribute);
}

void NcFile::end_definitions() {
  begin("definitions");
  errno = 0;
  check(nc_enddef(id_), "definitions");
}

void NcFile::write(const VariableInfo& variable, std::uint64_t first, std::uint64_t count,
                   const void* values) {
  begin(variable.name);
  const auto* position = static_cast<const std::byte*>(values);
  for_each_hyperslab(
      variable.shape, first, count, [&](auto start, auto lengths, std::uint64_t elements) {
        errno = 0;
        check(nc_put_vara(id_, variable.id, start.data(), lengths.data(), position), variable.name);
        position += elements * size_of(*variable.type);
      });
}

void NcFile::write_text(const VariableInfo& variable, const std::string& text) {
  begin(variable.name);
  const char* characters = text.c_str();
  errno = 0;
  check(nc_put_var_string(id_, variable.id, &characters), variable.name);
}

VariableInfo NcFile::variable_info(int id) const {
  std::array<char, NC_MAX_NAME + 1> name{};
  nc_type code = NC_NAT;
  int rank = 0;
  check(nc_inq_var(id_, id, name.data(), &code, &rank, nullptr, nullptr), "its variables");
  VariableInfo info{id, name.data(), type_of(code), {}, {}};
  std::vector<int> dimensions(static_cast<std::size_t>(rank));
  check(nc_inq_vardimid(id_, id, dimensions.data()), info.name);
  for (const int dimension : dimensions) {
    std::size_t length = 0;
    check(nc_inq_dim(id_, dimension, name.data(), &length), info.name);
    info.dimensions.emplace_back(name.data());
    info.shape.push_back(length);
  }
  return info;
}

std::vector<VariableInfo> NcFile::variables() const {
  int count = 0;
  check(nc_inq_nvars(id_, &count), "its variables");
  std::vector<VariableInfo> infos;
  for (int id = 0; id < count; ++id) infos.push_back(variable_info(id));
  return infos;
}

std::optional<VariableInfo> NcFile::find_variable(const std::string& name) const {
  int id = -1;
  const int code = nc_inq_varid(id_, name.c_str(), &id);
  if (code == NC_ENOTVAR) return std::nullopt;
  check(code, name);
  return variable_info(id);
}

std::vector<std::string> NcFile::global_attributes() const {
  int count = 0;
  check(nc_inq_natts(id_, &count), "its attributes");
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) {
    std::array<char, NC_MAX_NAME + 1> name{};
    check(nc_inq_attname(id_, NC_GLOBAL, i, name.data()), "its attributes");
    names.emplace_back(name.data());
  }
  return names;
}

std::optional<std::string> NcFile::global_attribute(const std::string& name) const {
  return attribute_text(NC_GLOBAL, name);
}

std::optional<Type> NcFile::global_number_type(const std::string& name) const {
  nc_type code = NC_NAT;
  std::size_t length = 0;
  const int outcome = nc_inq_att(id_, NC_GLOBAL, name.c_str(), &code, &length);
  if (outcome == NC_ENOTATT) return std::nullopt;
  check(outcome, "attribute " + name);
  return length == 1 && code != NC_STRING ? type_of(code) : std::nullopt;
}

std::optional<std::string> NcFile::attribute(const VariableInfo& variable,
                                             const std::string& name) const {
  return attribute_text(variable.id, name);
}

std::optional<std::string> NcFile::attribute_text(int variable, const std::string& name) const {
  const std::string operation = "attribute " + name;
  nc_type code = NC_NAT;
  std::size_t length = 0;
  const int outcome = nc_inq_att(id_, variable, name.c_str(), &code, &length);
  if (outcome == NC_ENOTATT) return std::nullopt;
  check(outcome, operation);
  if (code == NC_CHAR) {
    std::string text(length, '\0');
    check(nc_get_att_text(id_, variable, name.c_str(), text.data()), operation);
    return text;
  }
  if (code == NC_STRING) {
    std::vector<char*> texts(length, nullptr);
    check(nc_get_att_string(id_, variable, name.c_str(), texts.data()), operation);
    std::string text;
    for (const char* one : texts) text += one == nullptr ? "" : one;
    nc_free_string(length, texts.data());
    return text;
  }
  if (code == NC_FLOAT || code == NC_DOUBLE) {
    std::vector<double> values(length);
    check(nc_get_att_double(id_, variable, name.c_str(), values.data()), operation);
    return join(values);
  }
  std::vector<long long> values(length);
  check(nc_get_att_longlong(id_, variable, name.c_str(), values.data()), operation);
  return join(values);
}

void NcFile::read(const VariableInfo& variable, std::uint64_t first, std::uint64_t count,
                  void* values) const {
  auto* position = static_cast<std::byte*>(values);
  for_each_hyperslab(
      variable.shape, first, count, [&](auto start, auto lengths, std::uint64_t elements) {
        check(nc_get_vara(id_, variable.id, start.data(), lengths.data(), position), variable.name);
        position += elements * size_of(*variable.type);
      });
}

std::string NcFile::read_text(const VariableInfo& variable) const {
  if (variable.type != Type::text || !variable.shape.empty()) {
    throw IoError("cannot read " + path_ + ": " + variable.name + " is not a text");
  }
  char* characters = nullptr;
  check(nc_get_var_string(id_, variable.id, &characters), variable.name);
  const std::string text = characters == nullptr ? "" : characters;
  check(nc_free_string(1, &characters), variable.name);
  return text;
}

void NcFile::close() {
  // nc_close alone has been seen to report success with data still unwritten.
  begin("flushing it");
  errno = 0;
  if (writable_) check(nc_sync(id_), "flushing it");
  begin("closing it");
  const int id = std::exchange(id_, -1);
  errno = 0;
  const int code = nc_close(id);
  if (code != NC_NOERR && writable_) shun_exit_handler_of_hdf5();
  check(code, "closing it");
}

FileImage NcFile::close_into_memory() {
  NC_memio memory{};
  check(nc_close_memio(std::exchange(id_, -1), &memory), "closing it");
  return {std::unique_ptr<void, FileImage::Free>(memory.memory), memory.size};
}

}  // namespace hhsweep::io
