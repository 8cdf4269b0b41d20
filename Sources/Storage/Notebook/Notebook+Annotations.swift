import Foundation
import GRDB

extension Notebook {
  /// A person's labels for one dictionary, by ascending region; those taken away are left out.
  package func labels(for identity: String) throws -> [RegionLabel] {
    try allLabels(for: identity).filter { $0.text != nil }
  }

  /// As ``labels(for:)``, with those taken away as labels without text.
  func allLabels(for identity: String) throws -> [RegionLabel] {
    try labels(.label, for: identity)
  }

  /// Labels carried here from other dictionaries, confirmed or not; `evidence` says where each is from.
  package func carriedLabels(for identity: String) throws -> [RegionLabel] {
    try labels(.carried, for: identity)
  }

  /// Writes labels as carried, in one step that one undo takes back.
  package func carry(
    _ labels: [RegionLabel], identity: String, at date: Date = Date()
  ) throws {
    try write { db in
      try record(
        labels.map { label in
          (
            label.region, .carried,
            Annotation(
              text: label.text, author: label.author, date: date, evidence: label.evidence)
          )
        }, kind: .set, identity, date, db)
    }
  }

  private func labels(
    _ field: AnnotationField, for identity: String
  ) throws -> [RegionLabel] {
    try annotations(field, for: identity).map { region, content in
      RegionLabel(
        identity: identity, region: region, text: content.text, author: content.author,
        date: Timestamp.date(content.date) ?? .distantPast, evidence: content.evidence ?? [])
    }
  }

  /// Notes, by region.
  package func notes(for identity: String) throws -> [Int: String] {
    try annotations(.note, for: identity).reduce(into: [:]) { $0[$1.region] = $1.content.text }
  }

  /// The regions with a star.
  package func stars(for identity: String) throws -> Set<Int> {
    Set(try annotations(.star, for: identity).filter { $0.content.text != nil }.map(\.region))
  }

  /// Sets a region's label, or takes it away where `text` is `nil` or blank.
  ///
  /// A label taken away hides labels from elsewhere too, until one is set or the step is undone.
  /// Setting what is there already changes nothing.
  package func setLabel(
    _ text: String?, region: Int, identity: String, author: String? = nil,
    evidence: [String] = [], at date: Date = Date()
  ) throws {
    try set(.label, text, region: region, identity, author, evidence, date)
  }

  package func setNote(
    _ text: String?, region: Int, identity: String, author: String? = nil, at date: Date = Date()
  ) throws {
    try set(.note, text, region: region, identity, author, [], date)
  }

  package func setStar(
    _ isStarred: Bool, region: Int, identity: String, at date: Date = Date()
  ) throws {
    try write { db in
      let content = Annotation(text: isStarred ? "" : nil, author: nil, date: date, evidence: [])
      try record([(region, .star, content)], kind: .set, identity, date, db)
    }
  }

  /// Tags, by region, each list sorted; regions without any are left out.
  package func tags(for identity: String) throws -> [Int: [String]] {
    try annotations(.tags, for: identity).reduce(into: [:]) { tags, annotation in
      let own = TagList.tags(annotation.content.text ?? "")
      if !own.isEmpty { tags[annotation.region] = own }
    }
  }

  /// Replaces a region's tags. White space separates tags, so none is ever part of one.
  package func setTags(
    _ tags: [String], region: Int, identity: String, author: String? = nil, at date: Date = Date()
  ) throws {
    try set(.tags, TagList.text(tags), region: region, identity, author, [], date)
  }

  private func set(
    _ field: AnnotationField, _ text: String?, region: Int, _ identity: String, _ author: String?,
    _ evidence: [String], _ date: Date
  ) throws {
    let isBlank = text?.allSatisfy(\.isWhitespace) ?? true
    let content = Annotation(
      text: isBlank ? nil : text, author: author, date: date, evidence: evidence)
    try write { db in try record([(region, field, content)], kind: .set, identity, date, db) }
  }

  /// Writes the contents as one step; those that change nothing are left out.
  ///
  /// A new step ends the possibility of redoing what was undone before it.
  func record(
    _ contents: [(region: Int, field: AnnotationField, content: Annotation)], kind: ChangeKind,
    _ identity: String, _ date: Date, _ db: Database
  ) throws {
    let step = try Int64.fetchOne(db, sql: "SELECT coalesce(max(id), 0) + 1 FROM change") ?? 1
    var isChanged = false
    for (region, field, content) in contents {
      let before = try annotation(region, field, identity, db)
      let isSame =
        before != nil && before?.text == content.text && before?.evidence == content.evidence
      // Taking away what is not there is a change only for labels, where it hides others'.
      let isNothing = before == nil && content.text == nil && field != .label
      if kind == .set && (isSame || isNothing) { continue }
      isChanged = true
      try put(content, region, field, identity, db)
      try insert(
        Change(
          step: step, kind: kind, state: .done, identity: identity, region: region, field: field,
          before: before, after: content, date: Timestamp.text(date)), db)
    }
    guard isChanged else { return }
    try db.execute(
      sql: "UPDATE change SET state = 'superseded' WHERE dictionary = ? AND state = 'undone'",
      arguments: [identity])
  }

  // MARK: - Database

  func annotations(
    _ field: AnnotationField, for identity: String
  ) throws -> [(region: Int, content: Annotation)] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT region, content FROM annotation
          WHERE dictionary = ? AND field = ? ORDER BY region
          """, arguments: [identity, field.rawValue]
      ).map { row in
        (try row.decode(Int.self, atIndex: 0), try Self.content(row.decode(atIndex: 1)))
      }
    }
  }

  func annotation(
    _ region: Int, _ field: AnnotationField, _ identity: String, _ db: Database
  ) throws -> Annotation? {
    try StoredText.fetchOne(
      db,
      sql: "SELECT content FROM annotation WHERE dictionary = ? AND region = ? AND field = ?",
      arguments: [identity, region, field.rawValue]
    ).map(Self.content)
  }

  func put(
    _ content: Annotation?, _ region: Int, _ field: AnnotationField, _ identity: String,
    _ db: Database
  ) throws {
    guard let content else {
      try db.execute(
        sql: "DELETE FROM annotation WHERE dictionary = ? AND region = ? AND field = ?",
        arguments: [identity, region, field.rawValue])
      return
    }
    try db.execute(
      sql: "INSERT OR REPLACE INTO annotation VALUES (?, ?, ?, ?)",
      arguments: [identity, region, field.rawValue, try Self.stored(content)])
  }

  static func content(_ stored: StoredText) throws -> Annotation {
    do {
      return try JSONDecoder().decode(Annotation.self, from: Data(stored.text.utf8))
    } catch {
      throw StorageError(.damaged, "an annotation cannot be read", file: "notebook")
    }
  }

  /// JSON escapes U+0000, so the text is text for every reader.
  static func stored(_ content: Annotation) throws -> StoredText {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return StoredText(String(decoding: try encoder.encode(content), as: UTF8.self))
  }
}
