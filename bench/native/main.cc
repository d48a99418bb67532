// The native benches: the hosts beside direct SQLite, and beside the bare things that carry
// messages.
//
//   build/native/bench [--filter TEXT] [--json FILE] [--rounds N]

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <memory>

#include <outboard/outboard.hpp>

#include "direct.h"
#include "harness.h"
#include "hosts.h"
#include "ping_pong.h"

namespace {

using namespace bench;
using outboard::Database;
using outboard::Value;

constexpr int rows = 100'000;
constexpr int rows_of_script = 2'000;
constexpr const char* create =
    "create table note(id integer primary key, title text, body text, rank real)";
constexpr const char* insert = "insert into note values (?, ?, ?, ?)";
constexpr const char* point = "select title, rank from note where id = ?";
constexpr const char* scan = "select id, title, body, rank from note";

std::string title_of(int i) { return "note number " + std::to_string(i); }
std::string body_of(int i) {
  return "a body of some length, which says little about " + std::to_string(i * 7919);
}

template <class T>
T checked(outboard::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "bench: %s\n", to_string(result.error()).c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// The folder of this run, gone with it.
class Folder {
 public:
  Folder() { std::filesystem::create_directories(path_); }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }
  std::string file(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_ =
      (std::filesystem::temp_directory_path() / ("outboard-bench-" + std::to_string(::getpid())))
          .string();
};

void bind_note(sqlite3_stmt* statement, int i, const std::string& title, const std::string& body) {
  sqlite3_bind_int64(statement, 1, i);
  sqlite3_bind_text(statement, 2, title.data(), static_cast<int>(title.size()), SQLITE_STATIC);
  sqlite3_bind_text(statement, 3, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
  sqlite3_bind_double(statement, 4, i * 0.5);
}

long insert_directly(Direct& direct) {
  direct.run("begin");
  auto* statement = direct.prepare(insert);
  for (int i = 0; i < rows; ++i) {
    auto title = title_of(i), body = body_of(i);
    bind_note(statement, i, title, body);
    expect(direct.handle(), sqlite3_step(statement), SQLITE_DONE);
    sqlite3_reset(statement);
  }
  sqlite3_finalize(statement);
  direct.run("commit");
  return rows;
}

// Prepared anew each time: what a program does that keeps no cache of its own.
long insert_directly_without_cache(Direct& direct) {
  direct.run("begin");
  for (int i = 0; i < rows; ++i) {
    auto* statement = direct.prepare(insert);
    auto title = title_of(i), body = body_of(i);
    bind_note(statement, i, title, body);
    expect(direct.handle(), sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
  }
  direct.run("commit");
  return rows;
}

long insert_with_many(Database& db) {
  checked(db.many(insert, [i = 0](outboard::Sets& sets) mutable {
              if (i == rows) return false;
              sets.add(i, title_of(i), body_of(i), i * 0.5);
              ++i;
              return true;
            }).get());
  return rows;
}

// One request a row, not waiting for the answers.
long insert_with_exec(Database& db) {
  auto transaction = checked(db.begin().get());
  std::deque<outboard::Future<outboard::Rows>> under_way;
  for (int i = 0; i < rows; ++i) {
    under_way.push_back(transaction.exec({insert, {i, title_of(i), body_of(i), i * 0.5}}));
    if (under_way.size() < 1'000) continue;
    checked(under_way.front().get());
    under_way.pop_front();
  }
  for (auto& answer : under_way) checked(answer.get());
  if (!transaction.commit().get()) std::exit(1);
  return rows;
}

std::string script_from(int first) {
  std::string sql;
  for (int i = first; i < first + rows_of_script; ++i)
    sql += "insert into note values (" + std::to_string(i) + ", '" + title_of(i) + "', '" +
           body_of(i) + "', 0.5);\n";
  return "begin;" + sql + "commit";
}

long read_points_directly(Direct& direct) {
  auto* statement = direct.prepare(point);
  long found = 0;
  for (int i = 0; i < rows; ++i) {
    sqlite3_bind_int64(statement, 1, (i * 7919L) % rows);
    expect(direct.handle(), sqlite3_step(statement), SQLITE_ROW);
    std::string title(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
    found += !title.empty() && sqlite3_column_double(statement, 1) >= 0;
    sqlite3_reset(statement);
  }
  sqlite3_finalize(statement);
  return found;
}

long read_points_with_many(Database& db) {
  auto answer = checked(db.many(point, [i = 0L](outboard::Sets& sets) mutable {
                            if (i == rows) return false;
                            sets.add((i++ * 7919L) % rows);
                            return true;
                          }).get());
  long found = 0;
  for (auto row : answer) found += !std::string(row.text(0)).empty() && row.real(1) >= 0;
  return found;
}

long scan_directly(Direct& direct) {
  auto* statement = direct.prepare(scan);
  long count = 0;
  std::size_t bytes = 0;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    std::string title(reinterpret_cast<const char*>(sqlite3_column_text(statement, 1)));
    std::string body(reinterpret_cast<const char*>(sqlite3_column_text(statement, 2)));
    bytes +=
        title.size() + body.size() + static_cast<std::size_t>(sqlite3_column_double(statement, 3));
    ++count;
  }
  sqlite3_finalize(statement);
  return bytes > 0 ? count : 0;
}

long scan_through_thread(Database& db) {
  auto answer = checked(db.exec(scan).get());
  long count = 0;
  std::size_t bytes = 0;
  for (auto row : answer) {
    std::string title(row.text(1)), body(row.text(2));
    bytes += title.size() + body.size() + static_cast<std::size_t>(row.real(3));
    ++count;
  }
  return bytes > 0 ? count : 0;
}

void run_all(Report& report) {
  Folder folder;
  auto again = [&](const char* name) {
    auto path = folder.file(name);
    for (auto* suffix : {"", "-wal", "-journal"}) std::filesystem::remove(path + suffix);
    return path;
  };
  std::unique_ptr<Direct> direct;
  std::unique_ptr<Database> db;
  auto fresh_direct = [&] {
    direct.reset();
    direct = std::make_unique<Direct>(again("direct.db"));
    direct->run(create);
  };
  auto fresh_db = [&] {
    db.reset();
    db = std::make_unique<Database>(checked(outboard::open(again("ours.db"))));
    checked(db->exec(create).get());
  };

  report.compare("bulk insert of 100,000 rows, in one transaction", 1 / 0.9,
                 {{"many, on a thread", [&] { return insert_with_many(*db); }, fresh_db},
                  {"direct SQLite, one prepared statement",
                   [&] { return insert_directly(*direct); }, fresh_direct},
                  {"exec, a request for each row, on a thread",
                   [&] { return insert_with_exec(*db); }, fresh_db},
                  {"direct SQLite, prepared for each row",
                   [&] { return insert_directly_without_cache(*direct); }, fresh_direct}});

  std::vector<std::string> scripts;
  for (int first = 0; first < rows; first += rows_of_script) scripts.push_back(script_from(first));
  auto run_scripts = [&](auto run) {
    return [&scripts, run] {
      for (auto& sql : scripts) run(sql);
      return long{rows};
    };
  };
  report.compare("exec of 50 scripts of 2,000 inserts", 0,
                 {{"exec, on a thread",
                   run_scripts([&](auto& sql) { checked(db->exec(sql).get()); }), fresh_db},
                  {"direct SQLite, sqlite3_exec",
                   run_scripts([&](auto& sql) { direct->run(sql.c_str()); }), fresh_direct}});

  fresh_direct();
  insert_directly(*direct);
  fresh_db();
  insert_with_many(*db);
  report.compare(
      "100,000 point reads", 0,
      {{"many, on a thread", [&] { return read_points_with_many(*db); }},
       {"direct SQLite, one prepared statement", [&] { return read_points_directly(*direct); }}});
  report.compare("scan of 100,000 rows", 0,
                 {{"exec, on a thread", [&] { return scan_through_thread(*db); }},
                  {"direct SQLite", [&] { return scan_directly(*direct); }}});

  constexpr long trips = 20'000;
  PingPong bare;
  auto repeat = [&](auto trip) {
    return [trip] {
      for (long i = 0; i < trips; ++i) trip();
      return trips;
    };
  };
  report.compare(
      "round trip", 1.5,
      {{"exec of a point read, awaited", repeat([&] { checked(db->exec({point, {42}}).get()); })},
       {"a bare mutex and condition variable", repeat([&] { bare.round_trip(); })},
       {"ping", repeat([&] { checked(db->ping().get()); })}});
  run_host_benches(report, folder.path());
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::string json;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string name = argv[i];
    if (name == "--filter") {
      options.filter = argv[i + 1];
    } else if (name == "--json") {
      json = argv[i + 1];
    } else if (name == "--rounds") {
      options.rounds = std::max(1, std::atoi(argv[i + 1]));
    } else {
      std::fprintf(stderr, "usage: bench [--filter TEXT] [--json FILE] [--rounds N]\n");
      return 2;
    }
  }
  Report report(options);
  run_all(report);
  report.print_table();
  if (!json.empty()) report.write_json(json);
}
