#include "journal/tracked_table.h"

#include <algorithm>
#include <cctype>

#include "base/bytes.h"
#include "base/sha256.h"
#include "journal/cells.h"
#include "journal/merge/value_form.h"
#include "store/hidden_table.h"

namespace outboard::journal {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  return out;
}

std::uint64_t id_of(std::string_view name) {
  auto digest = sha256(bytes_of(lower(name)));
  std::uint64_t id = 0;
  for (std::size_t i = 0; i < 7; ++i) id = id << 8 | digest[i];
  return id >> 4;
}

// SQLite's rule for the affinity of a column, as far as it is about REAL.
bool is_real_type(std::string_view declared) {
  auto type = lower(declared);
  auto has = [&](const char* part) { return type.find(part) != std::string::npos; };
  if (has("int") || has("char") || has("clob") || has("text") || has("blob")) return false;
  return has("real") || has("floa") || has("doub");
}

Result<StatementLease> ask(Connection& writer, const char* sql, std::string_view about) {
  auto statement = TRY(writer.prepare_own(sql));
  sqlite3_bind_text64(statement->handle(), 1, about.data(), about.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
  return statement;
}

Error refused(const std::string& table, const char* why, const char* hint) {
  return fail(Code::bad_request, "the table " + table + " cannot be tracked: " + why, hint);
}

constexpr const char* wants_a_key =
    "give it a primary key that the application makes: id blob primary key not null, filled with "
    "uuid7()";

// Reads one table's schema, question by question.
class Inspection {
 public:
  Inspection(Connection& writer, TrackedTable& table) : writer_(writer), table_(table) {}

  Result<void> run(std::string_view name) {
    TRY(read_kind(name));
    TRY(read_columns());
    TRY(read_indexes());
    TRY(check_key());
    TRY(read_foreign_keys());
    for (auto& group : groups_) add_group(std::move(group));
    table_.uniques = TRY(unique_indexes(writer_, table_.name));
    write_sql();
    return {};
  }

 private:
  Result<void> read_kind(std::string_view name) {
    auto rows = TRY(ask(writer_,
                        "select name, type, wr from pragma_table_list where schema = 'main' and "
                        "name = ?1 collate nocase",
                        name));
    if (!TRY(rows->step()))
      return fail(Code::not_found, "there is no table " + std::string(name), "create it first");
    table_.name = rows->text(0);
    table_.id = TableId{id_of(table_.name)};
    without_rowid_ = rows->integer(2) != 0;
    if (is_hidden_name(table_.name) || lower(table_.name).starts_with("sqlite_"))
      return refused(table_.name, "it is not the application's", "track a table of your own");
    if (rows->text(1) != "table")
      return refused(table_.name, "it is a view or a virtual table",
                     "track the tables that its rows come from");
    auto create = TRY(
        ask(writer_,
            "select sql from main.sqlite_schema where type = 'table' and name = ?1 collate nocase",
            table_.name));
    if (TRY(create->step())) table_.create_sql = create->text(0);
    return {};
  }

  Result<void> read_columns() {
    auto rows = TRY(ask(writer_,
                        "select cid, name, type, \"notnull\", pk, hidden, dflt_value from "
                        "pragma_table_xinfo(?1)",
                        table_.name));
    std::vector<std::pair<std::int64_t, std::size_t>> key;
    while (TRY(rows->step())) {
      auto place = rows->integer(4);
      if (rows->integer(5) != 0) continue;  // generated: every replica makes its own
      if (place > 0) {
        key.emplace_back(place, table_.columns.size());
        nullable_key_ = nullable_key_ || rows->integer(3) == 0;
      }
      table_.columns.push_back({.id = ColumnId{id_of(rows->text(1))},
                                .name = std::string(rows->text(1)),
                                .index = static_cast<int>(rows->integer(0)),
                                .is_real = is_real_type(rows->text(2)),
                                .is_key = place > 0});
      if (place == 0) TRY(add_default(table_.columns.back().id, rows->text(6)));
    }
    std::ranges::sort(table_.rules.defaults, {}, &ColumnWrite::column);
    std::ranges::sort(key);
    for (auto& [place, column] : key) table_.key.push_back(column);
    for (std::size_t place = 0; place < table_.columns.size(); ++place)
      if (!table_.columns[place].is_key) table_.others.push_back(place);
    std::ranges::sort(table_.others, {},
                      [&](std::size_t place) { return table_.columns[place].id; });
    return check_ids();
  }

  // A constant; what is computed is another thing on every replica.
  Result<void> add_default(ColumnId column, std::string_view text) {
    auto word = lower(text);
    bool is_constant =
        !word.empty() &&
        (std::isdigit(word[0]) || word[0] == '\'' || word[0] == '-' || word[0] == '+' ||
         word[0] == '.' || word.starts_with("x'") || word == "true" || word == "false");
    if (!is_constant) return {};
    auto row = TRY(writer_.prepare_own("select " + std::string(text)));
    if (TRY(row->step())) table_.rules.defaults.push_back({column, value_of(*row, 0)});
    return {};
  }

  Result<void> check_ids() const {
    std::vector<ColumnId> ids;
    for (const auto& column : table_.columns) ids.push_back(column.id);
    std::ranges::sort(ids);
    if (std::ranges::adjacent_find(ids) == ids.end()) return {};
    return refused(table_.name, "two of its columns have the same id", "rename one of them");
  }

  // Columns of one UNIQUE are written together (J8); the primary key's own index is the key's
  // order.
  Result<void> read_indexes() {
    auto rows = TRY(ask(writer_,
                        "select i.origin, c.name, c.coll, i.seq from pragma_index_list(?1) i, "
                        "pragma_index_xinfo(i.name) c where i.\"unique\" and c.key order by i.seq",
                        table_.name));
    std::int64_t index = -1;
    while (TRY(rows->step())) {
      if (rows->text(0) == "pk") {
        has_key_index_ = true;
        binary_key_ = binary_key_ && lower(rows->text(2)) == "binary";
        continue;
      }
      if (rows->integer(3) != index) groups_.emplace_back();
      index = rows->integer(3);
      groups_.back().emplace_back(rows->text(1));
    }
    return {};
  }

  Result<void> check_key() const {
    if (table_.key.empty()) return refused(table_.name, "it has no primary key", wants_a_key);
    if (!without_rowid_ && !has_key_index_ && table_.keys != Keys::application) {
      return refused(table_.name, "SQLite makes its keys, and two replicas would make the same",
                     "use uuid7() for keys; if the application allocates them: "
                     "outboard_track(table, 'keys', 'application')");
    }
    bool is_rowid = !without_rowid_ && !has_key_index_;
    if (nullable_key_ && !is_rowid)
      return refused(table_.name, "its primary key may be null", "declare it not null");
    if (!binary_key_)
      return refused(table_.name, "its primary key is not compared byte by byte",
                     "leave the collation of the primary key at BINARY");
    return {};
  }

  Result<void> read_foreign_keys() {
    auto rows = TRY(ask(writer_, "select id, \"from\" from pragma_foreign_key_list(?1) order by id",
                        table_.name));
    std::int64_t id = -1;
    while (TRY(rows->step())) {
      if (rows->integer(0) != id) groups_.emplace_back();
      id = rows->integer(0);
      groups_.back().emplace_back(rows->text(1));
    }
    return {};
  }

  void add_group(std::vector<std::string> names) {
    std::vector<ColumnId> group;
    for (const auto& name : names) {
      auto column = std::ranges::find(table_.columns, lower(name),
                                      [](const TrackedTable::Column& c) { return lower(c.name); });
      if (column != table_.columns.end() && !column->is_key) group.push_back(column->id);
    }
    std::ranges::sort(group);
    bool is_new = std::ranges::find(table_.rules.groups, group) == table_.rules.groups.end();
    if (group.size() > 1 && is_new) table_.rules.groups.push_back(std::move(group));
  }

  void write_sql() {
    std::string names, where;
    for (const auto& column : table_.columns)
      names += (names.empty() ? "" : ", ") + quoted(column.name);
    for (std::size_t place : table_.key)
      where += (where.empty() ? "" : " and ") + quoted(table_.columns[place].name) +
               " = ? collate binary";
    table_.read_sql = "select " + names + " from main." + quoted(table_.name) + " where " + where;
  }

  Connection& writer_;
  TrackedTable& table_;
  bool without_rowid_ = false;
  bool nullable_key_ = false;
  bool has_key_index_ = false;
  bool binary_key_ = true;
  std::vector<std::vector<std::string>> groups_;
};

}  // namespace

Bytes TrackedTable::key_of(const Row& row) const {
  Bytes bytes;
  cbor::Writer out(bytes);
  for (std::size_t place : key)
    write_value(out,
                columns[place].is_real ? row[place] : canonical(row[place], Collation::binary));
  return bytes;
}

std::optional<TrackedTable::Row> TrackedTable::row_of(const Bytes& bytes) const {
  Row row(columns.size());
  cbor::Reader in(bytes);
  for (std::size_t place : key) row[place] = read_value(in);
  in.expect_end();
  if (!in.ok()) return std::nullopt;
  return row;
}

std::vector<ColumnWrite> TrackedTable::writes_of(const Row& row) const {
  std::vector<ColumnWrite> writes;
  writes.reserve(others.size());
  for (std::size_t place : others) writes.push_back({columns[place].id, row[place]});
  return writes;
}

Result<TrackedTable> inspect(Connection& writer, std::string_view name, Keys keys) {
  TrackedTable table{.name = std::string(name), .keys = keys};
  TRY(Inspection(writer, table).run(name));
  return table;
}

}  // namespace outboard::journal
