#include "hub/pages.h"

#include <algorithm>
#include <optional>
#include <system_error>

#include "base/bytes.h"
#include "hub/media_type.h"
#include "hub/page_path.h"

namespace outboard::hub {

namespace {
namespace fs = std::filesystem;

// Tools that copy a file's time may cut it to one or two seconds.
constexpr std::int64_t copied_time_error_ns = 2'000'000'000;

unsigned status_of(Code code) {
  switch (code) {
    case Code::bad_request: return 400;
    case Code::denied: return 403;
    case Code::not_found: return 404;
    case Code::unavailable: return 503;
    default: return 500;
  }
}

// `sentence` is ours: nothing of the request is shown, so there is nothing to escape.
net::Response error_page(Code code, std::string_view sentence) {
  net::Response response;
  response.status = status_of(code);
  response.fields = {{"Content-Type", "text/html; charset=utf-8"}};
  response.body =
      "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Outboard</title>\n"
      "<style>body { font: 1.1rem/1.5 system-ui, sans-serif; margin: 4rem auto; max-width: 34rem; "
      "padding: 0 1rem }</style>\n<p>" +
      std::string(sentence) + "</p>\n<p><a href=\"/\">To the first page</a></p>\n</html>\n";
  return response;
}

net::Response redirect_to_folder(std::string_view target) {
  auto end = std::min(target.find('?'), target.size());
  net::Response response = error_page(Code::not_found, "This page is a folder.");
  response.status = 301;
  response.fields.push_back(
      {"Location", std::string(target.substr(0, end)) + "/" + std::string(target.substr(end))});
  return response;
}

// Weak: it knows when the file was written, not what is in it.
std::string entity_tag_of(const net::File& file) {
  Bytes parts;
  append_le(parts, file.inode());
  append_le(parts, file.modified_ns());
  append_le(parts, file.size_bytes());
  return "W/\"" + to_hex(parts) + "\"";
}

bool client_has(const net::Request& request, const std::string& entity_tag) {
  auto opaque = [](std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; };
  for (auto tag : net::elements_of(request.field("If-None-Match")))
    if (tag == "*" || opaque(tag) == opaque(entity_tag)) return true;
  return false;
}

bool client_takes_brotli(const net::Request& request) {
  for (auto coding : net::elements_of(request.field("Accept-Encoding"))) {
    auto end = std::min(coding.find(';'), coding.size());
    if (!net::equal_ignoring_case(net::trimmed(coding.substr(0, end)), "br")) continue;
    auto quality = coding.find("q=", end);  // "q=0", "q=0.0": not at all
    return quality == std::string_view::npos ||
           coding.find_first_of("123456789", quality) != std::string_view::npos;
  }
  return false;
}
}  // namespace

Result<Pages> Pages::open(const fs::path& folder) {
  std::error_code error;
  auto root = fs::canonical(folder, error);
  if (error || !fs::is_directory(root, error))
    return fail(Code::not_found, "there is no folder \"" + folder.string() + "\"",
                "name a folder that has an index.html with --pages");
  return Pages(std::move(root));
}

net::Response Pages::answer(const net::Request& request) const {
  auto response = find(request);
  if (response) return std::move(*response);
  switch (response.error().code) {
    case Code::not_found: return error_page(Code::not_found, "There is no page at this address.");
    case Code::denied:
      return error_page(Code::denied, "The hub is not allowed to read the file of this page.");
    case Code::unavailable:
      return error_page(Code::unavailable, "This page cannot be read at present: try again.");
    default: return error_page(response.error().code, response.error().message);
  }
}

// The canonical path of what is there, as long as that is below the root.
Result<fs::path> Pages::locate(const fs::path& path) const {
  std::error_code error;
  auto found = fs::canonical(path, error);
  if (error == std::errc::permission_denied) return fail(Code::denied, "not readable");
  if (error) return fail(Code::not_found, "no such file");
  auto [end_of_root, next] = std::ranges::mismatch(root_, found);
  if (end_of_root != root_.end()) return fail(Code::not_found, "a link that leads outside");
  return found;
}

Result<net::Response> Pages::find(const net::Request& request) const {
  std::string path = TRY(page_path_of(request.target));
  auto found = TRY(locate(root_ / path));
  std::error_code ignored;
  if (!fs::is_directory(found, ignored)) return send(request, found);
  if (!path.empty() && !path.ends_with('/')) return redirect_to_folder(request.target);
  return send(request, TRY(locate(found / "index.html")));
}

Result<net::Response> Pages::send(const net::Request& request, const fs::path& path) const {
  auto file = TRY(net::File::open(path));
  net::Response response;
  response.fields = {{"Content-Type", std::string(media_type_of(path.filename().string()))}};

  if (auto packed_path = locate(path.string() + ".br")) {
    auto packed = net::File::open(*packed_path);
    if (packed && packed->modified_ns() >= file.modified_ns() - copied_time_error_ns) {
      response.fields.push_back({"Vary", "Accept-Encoding"});
      if (client_takes_brotli(request)) {
        response.fields.push_back({"Content-Encoding", "br"});
        file = std::move(*packed);
      }
    }
  }

  auto entity_tag = entity_tag_of(file);
  response.fields.push_back({"ETag", entity_tag});
  if (client_has(request, entity_tag)) {
    response.status = 304;
  } else {
    response.body = std::move(file);
  }
  return response;
}

}  // namespace outboard::hub
