import ExemplarPartitioning
import Foundation
import GRDB
import Regions
import Storage

/// What is kept in SQLite is damaged in two ways: by bytes, which mostly SQLite sees, and by values that no build could write,
/// which only its reader can. The bytes of an input say which, where and with what.
extension FuzzTarget {
  static let storage: [FuzzTarget] = [
    FuzzTarget("dictionary") { bytes, scratch in
      let url = try scratch.folder("a.epdict")
      try Sound.dictionary.damaged(bytes, into: url)
      let file = try DictionaryFile(url)
      _ = try? file.load().metrics(threads: 1)
      _ = try? file.table()
      _ = try? file.contextTokens()
      _ = try? file.metrics(threads: 1)
      _ = try? file.growth()
      _ = try? file.documents()
      _ = try? file.sharedLabels()
      _ = try? file.verifyIdentity()
      for region in 0..<min(3, file.regionCount) {
        _ = try? file.detail(of: region)
        _ = try? file.members(of: region)
        _ = try? file.sampledMembers(of: region)
        _ = try? file.document(region, around: 2, limit: 40)
      }
      _ = try file.search(SearchQuery("river OR b*"), limit: 5)
    },
    FuzzTarget("store") { bytes, scratch in
      let url = try scratch.folder("a.epstore")
      try Sound.store.damaged(bytes, into: url)
      let file = try StoreFile(url)
      for hook in file.hooks.prefix(2) { _ = try? file.rows(hook.name, 0..<min(3, file.rowCount)) }
      for document in (try? file.documents()) ?? [] { _ = try? file.tokens(of: document) }
      _ = try? file.continuations()
      _ = try? file.splits()
      try file.verify()
    },
    FuzzTarget("notebook") { bytes, scratch in
      let folder = try scratch.folder("notebook")
      try Sound.notebook.damaged(bytes, into: folder)
      let notebook = try Notebook(folder.appending(path: "notebook.sqlite"))
      let identity = Sound.identity
      _ = try? notebook.labels(for: identity)
      _ = try? notebook.notes(for: identity)
      _ = try? notebook.tags(for: identity)
      _ = try? notebook.stars(for: identity)
      _ = try? notebook.experiments()
      _ = try? notebook.verdicts()
      _ = try? notebook.exportLines()
      _ = try? notebook.history(of: 1, identity: identity)
      _ = try? notebook.undo(identity: identity)
      try notebook.setLabel("mended", region: 2, identity: identity)
    },
    // The first byte says by which name; the names of a file's own are JSON Lines.
    FuzzTarget("labels") { bytes, scratch in
      let names = ["a.jsonl", "a.json", "a.csv", "a.tsv"]
      let file = try scratch.file(
        names[Int(bytes.first ?? 0) % names.count], Array(bytes.dropFirst()))
      let text = String(decoding: bytes.dropFirst(), as: UTF8.self)
      let notebook = try Notebook(scratch.folder("notebook").appending(path: "notebook.sqlite"))
      _ = try? notebook.importLines(text, file: "a.jsonl", identity: nil, regionCount: nil)
      _ = try? notebook.exportLines()
      _ = try notebook.importLabels(file, identity: Sound.identity, regionCount: 3)
    },
    FuzzTarget("search") { bytes, scratch in
      let text = String(decoding: bytes, as: UTF8.self)
      _ = try? FieldFilter<RegionField>(text)
      _ = try? FieldFilter<RegionField>.typing(text)
      let url = try scratch.url("search.epdict")
      if access(url.path, F_OK) != 0 {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try Sound.dictionary.damaged([], into: url)
      }
      let file = try DictionaryFile(url)
      if let query = SearchQuery(typing: text) { _ = try? file.search(query, limit: 3) }
      _ = try file.search(SearchQuery(text), limit: 3)
    },
  ]
}

/// Files as the program writes them, made once in a process.
struct Sound: Sendable {
  /// By path within the folder.
  private let files: [String: [UInt8]]
  private let database: String

  static let identity = SampleRows.dictionary.identity

  static let dictionary = made("dictionary.sqlite") { url in
    try DictionaryWriter.write(
      SampleRows.dictionary, provenance: SampleRows.provenance, tokenEnds: SampleRows.tokenEnds,
      to: url)
  }

  static let store = made("store.sqlite") { url in
    var provenance = StoreProvenance()
    provenance.model = "tiny.gguf"
    provenance.template = "chatml"
    provenance.created = "2026-01-02T03:04:05Z"
    let writer = try StoreWriter(
      url, provenance: provenance,
      hooks: [StoreHook(name: "blocks.0.hook_resid_post", dimension: 3)],
      elementType: .f32)
    for first in [0, 2] { try writer.append(SampleRows.unit(first)) }
    _ = try writer.finish()
  }

  static let notebook = made("notebook.sqlite") { url in
    let notebook = try Notebook(url.appending(path: "notebook.sqlite"))
    for region in 0..<3 {
      try notebook.setLabel("label \(region)", region: region, identity: identity)
      try notebook.setNote("a note", region: region, identity: identity)
      try notebook.setTags(["a", "b"], region: region, identity: identity)
      try notebook.setStar(true, region: region, identity: identity)
    }
    _ = try notebook.save(
      SavedExperiment(
        identity: identity, kind: .ablation, title: "t", conclusion: "c", isComplete: true,
        date: Date(timeIntervalSince1970: 0)), content: #"{"a": 1}"#)
    try notebook.setVerdict(
      .refused, on: ContinuationKey(store: "s", document: "d", condition: "c", text: "No."))
  }

  private static func made(_ database: String, _ make: (URL) throws -> Void) -> Sound {
    let files = FileManager.default
    let scratch = Scratch("sound-\(database)")
    defer { scratch.remove() }
    do {
      let url = try scratch.url("made")
      if database == "notebook.sqlite" {
        try files.createDirectory(at: url, withIntermediateDirectories: true)
      }
      try make(url)
      let paths = try files.subpathsOfDirectory(atPath: url.path).filter {
        var isFolder: ObjCBool = false
        return files.fileExists(atPath: "\(url.path)/\($0)", isDirectory: &isFolder)
          && !isFolder.boolValue && !$0.hasPrefix("backups") && !$0.hasSuffix(".lock")
      }
      let found = try paths.map { ($0, [UInt8](try Data(contentsOf: url.appending(path: $0)))) }
      return Sound(files: Dictionary(uniqueKeysWithValues: found), database: database)
    } catch {
      fatalError("what is sound cannot be made: \(error)")
    }
  }

  /// Writes the files into `folder` with the damage that `bytes` asks for.
  func damaged(_ bytes: [UInt8], into folder: URL) throws {
    var choices = Choices(bytes)
    let isOfValues = choices.byte() % 2 == 0
    var files = files
    let names = files.keys.sorted()
    while !isOfValues, !choices.isEmpty {
      let name = names[choices.byte() % names.count]
      guard let count = files[name]?.count, count > 0 else { continue }
      let place = choices.number() % count
      switch choices.byte() % 8 {
      case 0: files[name]?.removeSubrange(place...)
      case 1: files[name]?.removeSubrange(place..<min(count, place + 1 + choices.byte()))
      default:
        for (index, byte) in choices.bytes(1 + choices.byte() % 8).enumerated()
        where place + index < count {
          files[name]?[place + index] = byte
        }
      }
    }
    for (name, bytes) in files {
      let file = folder.appending(path: name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: file)
    }
    if isOfValues { try edit(folder.appending(path: database), &choices) }
  }

  private func edit(_ url: URL, _ choices: inout Choices) throws {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    let queue = try DatabaseQueue(path: url.path, configuration: configuration)
    try queue.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
      let tables = try String.fetchAll(
        db, sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
      var edits = 0
      while !choices.isEmpty, edits < 32 {
        edits += 1
        let table = tables[choices.byte() % tables.count]
        guard let columns = try? db.columns(in: table), !columns.isEmpty else { continue }
        let keys = columns.filter { $0.primaryKeyIndex > 0 }.map(\.name)
        let names = keys.isEmpty ? ["rowid"] : keys
        let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
        let row = choices.byte()
        let column = columns[choices.byte() % columns.count].name
        let chosen = "(\(list)) IN (SELECT \(list) FROM \"\(table)\" LIMIT 1 OFFSET \(row % 16))"
        if choices.byte() == 255 {
          _ = try? db.execute(sql: "DELETE FROM \"\(table)\" WHERE \(chosen)")
        } else {
          _ = try? db.execute(
            sql: "UPDATE \"\(table)\" SET \"\(column)\" = ? WHERE \(chosen)",
            arguments: [Self.value(&choices)])
        }
      }
      _ = try? db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
    }
    try queue.close()
  }

  private static func value(_ choices: inout Choices) -> DatabaseValue {
    let integers: [Int64] = [
      0, 1, -1, 2, 255, 65_536, 1 << 31, 1 << 32, 1 << 53, .max, .min, .max - 1,
    ]
    let numbers: [Double] = [
      .infinity, -.infinity, 0.5, -0.0, 1e308, .leastNonzeroMagnitude, 2.5, -1e308, .ulpOfOne,
    ]
    let texts = [
      "", "nan", "inf", "-1", "9223372036854775808", "1e400", "{", "[]", "null",
      "\u{1b}[2J\u{202e}", "2026-13-45",
    ]
    switch choices.byte() % 6 {
    case 0: return .null
    case 1: return integers[choices.byte() % integers.count].databaseValue
    case 2: return numbers[choices.byte() % numbers.count].databaseValue
    case 3: return texts[choices.byte() % texts.count].databaseValue
    case 4: return Data(choices.bytes(choices.byte() % 24)).databaseValue
    default:
      return String(decoding: choices.bytes(choices.byte() % 24), as: UTF8.self).databaseValue
    }
  }
}

/// What the sound files hold.
private enum SampleRows {
  static let dictionary = ExemplarDictionary(
    centre: [0.5, -1, 2], threshold: 0.8146749329690576,
    exemplars: [1, 0, 0, 0, 1, 0, 0, 0, 1], means: [0.6, 0.8, 0, 0, 1, 0, 0, 0.6, 0.8],
    regions: [
      Region(
        memberCount: 5, coherence: 0.75, sumDistance: 1.25, sumSquaredDistance: 0.5,
        batches: [0, 1, 4], members: [0, 3, 7, 1000, 9],
        closest: [
          Context(distance: 0, document: 0, position: 2),
          Context(distance: 0.125, document: 1, position: 4),
        ],
        farthest: [Context(distance: 0.7, document: 2, position: 1)], label: "water"),
      Region(
        memberCount: 1, coherence: 1, sumDistance: 0, sumSquaredDistance: 0, batches: [2],
        members: [12], closest: [Context(distance: 0, document: 3, position: 3)]),
      Region(
        memberCount: 2, coherence: 0.3, sumDistance: 0.3, sumSquaredDistance: 0.1,
        closest: [Context(distance: 0.25, document: nil, position: 77)], label: "bank"),
    ],
    growth: [
      GrowthPoint(activations: 5, documents: 2, regions: 2, newRegionRate: 0.4),
      GrowthPoint(activations: 8, documents: 4, regions: 3, newRegionRate: 0.25),
    ],
    reservoir: Reservoir(directions: [1, 0, 0, 0, 0, 1], regions: [0, 2]),
    documents: [
      "The river bank was steep, and the river ran fast.",
      "He went to the bank to open an account.", "Café society: naïve, résumé, Zürich.",
      "A music lesson by the lamp.", "never shown",
    ])

  static let tokenEnds: [[Int32]?] = [
    [0, 3, 9, 14, 18, 24, 25, 29, 33, 39, 43, 48, 49], nil, nil, nil, nil,
  ]

  static var provenance: DictionaryProvenance {
    var provenance = DictionaryProvenance()
    provenance.model = "tiny"
    provenance.hook = "blocks.3.hook_resid_post"
    provenance.positions = "all"
    provenance.activations = 9
    return provenance
  }

  /// Two documents of two rows each, from the `first` on.
  static func unit(_ first: Int) -> StoreUnit {
    let entries = (first..<first + 2).map { index in
      StoreUnit.Entry(
        document: StoreDocument(
          id: "prompt-\(index)", kind: .prompt, set: index % 2 == 0 ? "harmful" : "benign",
          split: "train", category: nil, topic: "topic", prompt: "words", text: "text \(index)",
          rowCount: 2, tokenCount: 2),
        tokens: StoreTokens(ids: [7, 9], ends: [4, 6]),
        continuations: [
          StoreContinuation(
            text: "I cannot.", tokens: [5, 3, 9], ending: "endToken",
            verdict: StoreVerdict(
              outcome: .refused, classifier: "test-v1", phrase: "I cannot", phraseRange: 0..<8))
        ])
    }
    return StoreUnit(entries: entries, rows: [(0..<12).map { Float(first * 12 + $0) }])
  }
}
