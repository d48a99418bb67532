// Sql: a statement and what to put in place of its parameters.
//
//   Sql{"select * from note where id = ?", {7}}
//   Sql{"insert into note values (:id, :title)", Params::named({{"id", 7}, {"title", "Sea"}})}
//
// Values.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <outboard/value.hpp>

namespace outboard {

class Params {
 public:
  using Named = std::vector<std::pair<std::string, Value>>;

  Params() = default;
  Params(std::initializer_list<Value> values) : positional_(values) {}
  Params(std::vector<Value> values) : positional_(std::move(values)) {}

  // By name, with or without the :, @ or $ that stands before it in the SQL.
  static Params named(Named values) {
    Params params;
    params.named_ = std::move(values);
    return params;
  }

  bool empty() const { return positional_.empty() && named_.empty(); }
  bool is_named() const { return !named_.empty(); }
  const std::vector<Value>& positional() const { return positional_; }
  const Named& by_name() const { return named_; }

 private:
  std::vector<Value> positional_;
  Named named_;
};

struct Sql {
  std::string text;
  Params params = {};

  Sql(const char* sql) : text(sql) {}
  Sql(std::string sql) : text(std::move(sql)) {}
  Sql(std::string sql, Params with) : text(std::move(sql)), params(std::move(with)) {}
};

}  // namespace outboard
