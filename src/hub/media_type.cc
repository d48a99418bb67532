#include "hub/media_type.h"

#include <array>

#include "net/http_message.h"

namespace outboard::hub {

namespace {
struct MediaType {
  std::string_view extension;
  std::string_view name;
};

constexpr std::array types = {
    MediaType{"html", "text/html; charset=utf-8"},
    MediaType{"js", "text/javascript; charset=utf-8"},
    MediaType{"mjs", "text/javascript; charset=utf-8"},
    MediaType{"css", "text/css; charset=utf-8"},
    MediaType{"txt", "text/plain; charset=utf-8"},
    MediaType{"md", "text/markdown; charset=utf-8"},
    MediaType{"json", "application/json"},
    MediaType{"map", "application/json"},
    MediaType{"webmanifest", "application/manifest+json"},
    MediaType{"wasm", "application/wasm"},
    MediaType{"svg", "image/svg+xml"},
    MediaType{"png", "image/png"},
    MediaType{"jpg", "image/jpeg"},
    MediaType{"webp", "image/webp"},
    MediaType{"ico", "image/x-icon"},
    MediaType{"woff2", "font/woff2"},
};
}  // namespace

std::string_view media_type_of(std::string_view file_name) {
  auto dot = file_name.rfind('.');
  if (dot != std::string_view::npos)
    for (const auto& type : types)
      if (net::equal_ignoring_case(type.extension, file_name.substr(dot + 1))) return type.name;
  return "application/octet-stream";
}

}  // namespace outboard::hub
