// What an HttpServer's handler is given and what it gives back.
//
// A Request is a view of the connection's memory: it lives as long as the call of the handler. A
// Response owns what it holds.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "net/file.h"

namespace outboard::net {

struct Request {
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  std::string_view method;  // "GET"
  std::string_view target;  // "/notes?page=2", as it came
  std::vector<Field> fields;

  // The value of the first field of that name, in whatever case, or "".
  std::string_view field(std::string_view name) const;
};

struct Response {
  struct Field {
    std::string name;
    std::string value;
  };

  unsigned status = 200;
  // Without those that the server adds: Content-Length, Connection, Date, X-Content-Type-Options.
  std::vector<Field> fields;
  std::variant<std::string, File> body;
};

// A sentence as plain text.
Response text_response(unsigned status, std::string sentence);

// Are they the same but for the case of ASCII letters?
bool equal_ignoring_case(std::string_view left, std::string_view right);

// Without the spaces and tabs around it.
std::string_view trimmed(std::string_view text);

// The elements of a comma-separated field, trimmed.
std::vector<std::string_view> elements_of(std::string_view field);

}  // namespace outboard::net
