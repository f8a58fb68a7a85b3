// Errors as values. Exceptions do not cross Headrace's functions; a function that can fail returns
// Status or Result<T>, and the compiler insists that somebody looks at it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "common/base/check.h"

namespace headrace {

// Says what the caller must do, not what went wrong; the message says that.
enum class ErrorCode {
  kInvalid,    // the input is wrong: reject it
  kTransient,  // the same call may succeed later: retry
  kPermanent,  // it never will: dead-letter or give up
  kNotFound,
  kCancelled,
};

std::string_view ErrorCodeName(ErrorCode code);

struct Error {
  ErrorCode code;
  std::string message;

  // Adds context in front: "open /tmp/x.db: " + message.
  Error Prefix(std::string_view context) &&;
};

inline Error Invalid(std::string message) { return {ErrorCode::kInvalid, std::move(message)}; }
inline Error Transient(std::string message) { return {ErrorCode::kTransient, std::move(message)}; }
inline Error Permanent(std::string message) { return {ErrorCode::kPermanent, std::move(message)}; }
inline Error NotFound(std::string message) { return {ErrorCode::kNotFound, std::move(message)}; }
inline Error Cancelled(std::string message) { return {ErrorCode::kCancelled, std::move(message)}; }

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}  // NOLINT: conversion is the point

  bool ok() const { return !error_.has_value(); }
  const Error& error() const& {
    CHECK(error_.has_value());
    return *error_;
  }
  Error&& error() && {
    CHECK(error_.has_value());
    return std::move(*error_);
  }
  // For a caller that has thought about it: says in the code that a failure changes nothing here.
  void IgnoreError() const {}

 private:
  std::optional<Error> error_;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT: conversion is the point
  Result(Error error) : state_(std::move(error)) {}  // NOLINT

  bool ok() const { return std::holds_alternative<T>(state_); }
  const Error& error() const& {
    CHECK(!ok());
    return std::get<Error>(state_);
  }
  Error&& error() && {
    CHECK(!ok());
    return std::get<Error>(std::move(state_));
  }
  T& value() & {
    CHECK(ok());
    return std::get<T>(state_);
  }
  const T& value() const& {
    CHECK(ok());
    return std::get<T>(state_);
  }
  T&& value() && {
    CHECK(ok());
    return std::get<T>(std::move(state_));
  }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }

 private:
  std::variant<T, Error> state_;
};

}  // namespace headrace
