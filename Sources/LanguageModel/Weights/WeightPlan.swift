import CKernels
import Numerics
import Synchronization
import TensorFiles

/// What an adapter changes about where a model's tensors come from.
struct WeightChanges {
  /// How the adapter's file holds the tensors that it replaces.
  var replaced: [WeightRole: TensorRecipe] = [:]
  /// Whether a head that the model's embedding serves as becomes a tensor of its own.
  var separatesHead = false
  /// Whether the embedding's rows change, and so cannot be read from the model's file.
  var changesEmbedding = false
  /// The tensors that the adapter adds to.
  var updated: Set<WeightRole> = []
  /// Biases that the adapter adds to, and the model has not: they begin as zero.
  var addedBiases: TransformerConfiguration.Biases = []
}

/// Where every tensor of a model comes from, and where it goes in memory if it does not stay in its file.
///
/// Matrices of products stay, as they are stored, unless the file has them transposed or in integers, or an adapter
/// changes them.
struct WeightPlan: Sendable {
  struct Entry: Sendable {
    var role: WeightRole
    /// As in memory: `[out, in]`, or `[n]`.
    var shape: [Int]
    var recipe: TensorRecipe
    /// Whether it is an adapter's file that holds it.
    var isReplaced = false
    /// Whether no file holds it, and it begins as zero.
    var isZero = false
    /// Whether it stays in its file.
    var isStored = false
    /// In floats from the start of the arena, where it does not stay in its file.
    var offset = 0

    var count: Int { shape.reduce(1, *) }
  }

  /// A matrix of products, of one tensor or several, which is put in panels once it is read.
  struct Matrix: Sendable {
    var offset: Int
    var rows: Int
    var depth: Int

    /// Where it ends with its last panel whole.
    var end: Int { offset + Panels.padded(rows) * depth }
  }

  /// The tensors that are held in memory, or that products read where they are.
  let entries: [Entry]
  private let matrices: [Matrix]
  /// In floats.
  let totalCount: Int
  /// The bytes of the matrices that stay in their files.
  let storedByteCount: Int
  /// The most inputs of such a matrix.
  let storedDepth: Int
  /// The token embedding, where it is not the head as well: its rows are read from the file as
  /// tokens need them, which for a large vocabulary saves a quarter of the memory.
  let embeddingInFile: Entry?

  /// The names of the tensors that the model is made of, as its files have them.
  var names: Set<String> {
    Set((entries + [embeddingInFile].compactMap(\.self)).map(\.recipe.name))
  }

  /// The numbers in all tensors.
  var parameterCount: Int {
    entries.reduce(embeddingInFile?.count ?? 0) { $0 + $1.count }
  }

  /// - Parameter given: the model without what `changes` adds.
  /// - Throws: `missingTensor` and `misshapenTensor`, with name, expected and found.
  init(
    _ given: TransformerConfiguration, source: some WeightSource,
    recipe: (WeightRole, TransformerConfiguration) -> TensorRecipe,
    changes: WeightChanges = WeightChanges()
  ) throws {
    var entries: [Entry] = []
    var embeddingInFile: Entry?
    let model = given.adding(changes.addedBiases)
    let stored = Set(given.weights.map(\.role))
    var weights = model.weights
    if changes.separatesHead {
      weights.append((.head, [model.vocabularySize, model.hiddenSize]))
    }
    for (role, shape) in weights {
      // A head that is parted from the embedding begins as that.
      let begun = role == .head && model.hasTiedHead ? .tokenEmbedding : role
      var recipe = recipe(begun, model)
      recipe.name = Self.resolve(recipe, in: source)
      var entry = Entry(role: role, shape: shape, recipe: recipe)
      entry.isZero = !stored.contains(begun)
      if !entry.isZero { try Self.check(entry, in: source) }
      if let own = changes.replaced[role] {
        (entry.recipe, entry.isReplaced) = (own, true)
      }
      if role == .tokenEmbedding, !model.hasTiedHead, !changes.changesEmbedding {
        embeddingInFile = entry
        continue
      }
      entry.isStored =
        Self.isMatrix(entry) && Self.canStay(entry, in: source)
        && !changes.updated.contains(role)
      entries.append(entry)
    }
    Self.keepTogether(&entries)
    (matrices, totalCount) = Self.place(&entries)
    self.entries = entries
    self.embeddingInFile = embeddingInFile
    let staying = entries.filter(\.isStored)
    storedDepth = staying.map { $0.shape[1] }.max() ?? 0
    storedByteCount = staying.reduce(0) { total, entry in
      total + entry.shape[0] * (source.stored(entry.recipe.name)?.rowByteCount ?? 0)
    }
  }

  // MARK: - What stays in its file

  /// Whether it is a matrix of products.
  private static func isMatrix(_ entry: Entry) -> Bool {
    entry.shape.count == 2 && entry.role != .positionEmbedding
  }

  private static func canStay(_ entry: Entry, in source: some WeightSource) -> Bool {
    let recipe = entry.recipe
    return !entry.isZero && !entry.isReplaced && !recipe.isTransposed && recipe.offset == 0
      && source.stored(recipe.name) != nil
  }

  /// Queries, keys and values are one matrix, which stays if all three do.
  private static func keepTogether(_ entries: inout [Entry]) {
    for first in entries.indices {
      guard case .layer(_, .query) = entries[first].role else { continue }
      let all = first..<first + 3
      if !all.allSatisfy({ entries[$0].isStored }) {
        for index in all { entries[index].isStored = false }
      }
    }
  }

  /// Gives the entries that are held in memory their places.
  private static func place(_ entries: inout [Entry]) -> ([Matrix], count: Int) {
    var matrices: [Matrix] = []
    var end = 0
    for index in entries.indices where !entries[index].isStored {
      let entry = entries[index]
      let follows = followsClosely(entry.role)
      if !follows { end = (max(end, matrices.last?.end ?? 0) + 15) / 16 * 16 }
      entries[index].offset = end
      if isMatrix(entry) {
        if follows {
          matrices[matrices.count - 1].rows += entry.shape[0]
        } else {
          matrices.append(Matrix(offset: end, rows: entry.shape[0], depth: entry.shape[1]))
        }
      }
      end += entry.count
    }
    return (matrices, max(end, matrices.last?.end ?? 0))
  }

  /// Some models were saved without the name of their outermost module.
  private static func resolve(_ recipe: TensorRecipe, in source: some WeightSource) -> String {
    let name = recipe.name
    guard source.shape(name) == nil, let dot = name.firstIndex(of: ".") else { return name }
    if let older = recipe.olderName, source.shape(older) != nil { return older }
    let inner = String(name[name.index(after: dot)...])
    return source.shape(inner) == nil ? name : inner
  }

  /// Query, key and value are one matrix, without a gap.
  private static func followsClosely(_ role: WeightRole) -> Bool {
    guard case .layer(_, let part) = role else { return false }
    return [.key, .value, .keyBias, .valueBias].contains(part)
  }

  private static func check(_ entry: Entry, in source: some WeightSource) throws {
    var expected = entry.shape
    if let outputs = entry.recipe.outputs { expected[0] = outputs.count }
    if entry.recipe.isTransposed { expected.reverse() }
    if let member = entry.recipe.member { expected.insert(member.count, at: 0) }
    let name = ModelError.printable(entry.recipe.name)
    guard let found = source.shape(entry.recipe.name) else {
      throw ModelError(.missingTensor, "\(name) is missing: expected a tensor of shape \(expected)")
    }
    guard found == expected else {
      throw ModelError(.misshapenTensor, "\(name): expected shape \(expected), found \(found)")
    }
    try source.checkType(entry.recipe.name)
  }

  // MARK: - Reading

  /// Reads every tensor into `arena`, on up to `threads` threads; those that an adapter replaces
  /// from its file.
  func read(
    from source: some WeightSource, adapter: SafetensorsFile? = nil, into arena: WeightArena,
    threads: Int
  ) throws {
    let failure = Mutex<(any Error)?>(nil)
    Parallel.forEach(entries.count, threads: threads) { item, _ in
      do {
        let (entry, target) = (entries[item], arena.base + entries[item].offset)
        if entry.isZero || entry.isStored { return }
        if entry.isReplaced, let adapter {
          try Self.read(entry, from: AdapterWeights(file: adapter), into: target)
        } else {
          try Self.read(entry, from: source, into: target)
        }
      } catch {
        failure.withLock { $0 = $0 ?? error }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// Puts every matrix in panels, in place.
  func arrange(_ arena: WeightArena, threads: Int) {
    let width = Panels.width
    let room = (matrices.map(\.depth).max() ?? 0) * width
    for matrix in matrices {
      let panels = (matrix.rows + width - 1) / width
      Parallel.forEach(min(threads, panels), threads: threads) { part, _ in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: room) { room in
          guard let room = room.baseAddress else { return }
          let count = min(threads, panels)
          for panel in panels * part / count..<panels * (part + 1) / count {
            kernels_pack(
              arena.base + matrix.offset + panel * width * matrix.depth,
              min(width, matrix.rows - panel * width), matrix.depth, room)
          }
        }
      }
    }
  }

  private static func read(
    _ entry: Entry, from source: some WeightSource, into target: UnsafeMutablePointer<Float>
  ) throws {
    let (recipe, name) = (entry.recipe, entry.recipe.name)
    let rows = entry.shape[0]
    let columns = entry.shape.count == 2 ? entry.shape[1] : 1
    if let outputs = recipe.outputs {
      if recipe.isTransposed || entry.shape.count == 1 {
        // Stored `[in, outputs]`; a vector is the same with one input.
        let stored = try whole(name, columns * outputs.count, source)
        for row in 0..<rows {
          let index = outputs.index(row)
          for column in 0..<columns {
            target[row * columns + column] = stored[column * outputs.count + index]
          }
        }
      } else {
        try readRuns(entry, outputs.index, from: source, into: target)
      }
    } else if recipe.isTransposed {
      let stored = try whole(name, rows * columns, source)
      for row in 0..<rows {
        for column in 0..<columns { target[row * columns + column] = stored[column * rows + row] }
      }
    } else {
      let first = (recipe.member?.index ?? 0) * rows
      try source.read(
        name, rows: first..<first + (entry.shape.count == 2 ? rows : 1),
        into: UnsafeMutableBufferPointer(start: target, count: entry.count))
    }
    if recipe.offset != 0 { for index in 0..<entry.count { target[index] += recipe.offset } }
  }

  private static func whole(
    _ name: String, _ count: Int, _ source: some WeightSource
  ) throws -> [Float] {
    let rows = source.shape(name).map { $0.count == 1 ? 1 : $0[0] } ?? 0
    return try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      try source.read(
        name, rows: 0..<rows, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      initialized = count
    }
  }

  /// Reads stored rows in the order that `index` gives, neighbours in one go.
  private static func readRuns(
    _ entry: Entry, _ index: (Int) -> Int, from source: some WeightSource,
    into target: UnsafeMutablePointer<Float>
  ) throws {
    let (rows, columns) = (entry.shape[0], entry.shape[1])
    var row = 0
    while row < rows {
      let first = index(row)
      var count = 1
      while row + count < rows, index(row + count) == first + count { count += 1 }
      try source.read(
        entry.recipe.name, rows: first..<first + count,
        into: UnsafeMutableBufferPointer(start: target + row * columns, count: count * columns))
      row += count
    }
  }
}
