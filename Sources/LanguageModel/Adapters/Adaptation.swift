import COpenBLAS
import TensorFiles

/// An adapter fitted to a model: which of the model's tensors it replaces and which it adds to.
///
/// What results is the model as it was trained, which is what the PEFT library computes before
/// anything is merged: where embedding and head share their values and one of them was adapted
/// alone, the other keeps the model's own.
struct Adaptation {
  let adapter: LoRAAdapter
  private let architecture: any Architecture.Type
  private let model: TransformerConfiguration
  private(set) var changes = WeightChanges()
  private var updates: [(module: LoRAAdapter.Module, roles: [WeightRole], biases: [WeightRole])] =
    []

  /// - Throws: `ModelError.adapterMismatch` naming the module, expected and found; `missingTensor`
  ///   where a module that was trained whole is not in the file; `unsupported`.
  init(
    _ adapter: LoRAAdapter, _ model: TransformerConfiguration,
    _ architecture: any Architecture.Type
  ) throws {
    self.adapter = adapter
    self.model = model
    self.architecture = architecture
    let parameters = Parameters(model, architecture)
    try replace(parameters)
    try update(parameters)
    try checkSaved(parameters)
    if model.hasTiedHead { try untie(parameters) }
    changes.changesEmbedding =
      changes.replaced[.tokenEmbedding] != nil || updates.contains { $0.roles == [.tokenEmbedding] }
  }

  /// The model's tensors by the hub's names of them; several where one of the hub's holds queries,
  /// keys and values.
  private struct Parameters {
    var roles: [String: [WeightRole]] = [:]
    var names: [String] = []
    var shapes: [WeightRole: [Int]] = [:]
    var recipes: [WeightRole: TensorRecipe] = [:]

    init(_ model: TransformerConfiguration, _ architecture: any Architecture.Type) {
      var weights = model.weights
      if model.hasTiedHead { weights.append((.head, [model.vocabularySize, model.hiddenSize])) }
      for (role, shape) in weights {
        let recipe = architecture.hubTensor(role, model)
        if roles[recipe.name] == nil { names.append(recipe.name) }
        roles[recipe.name, default: []].append(role)
        shapes[role] = shape
        recipes[role] = recipe
      }
    }
  }

  private var trained: String {
    adapter.baseModel.map { " (trained on \(ModelError.printable($0)))" } ?? ""
  }

  private func absent(_ name: String) -> ModelError {
    ModelError(
      .adapterMismatch,
      "the adapter\(trained) changes \(ModelError.printable(name)), which this "
        + "\(model.family) model of \(model.layerCount) layers does not have")
  }

  private func misfit(_ name: String, _ expected: [Int], _ found: [Int]) -> ModelError {
    ModelError(
      .adapterMismatch,
      "the adapter\(trained) does not fit: \(ModelError.printable(name)) is \(expected) in this "
        + "model, and \(found) in the adapter")
  }

  // MARK: - Fitting

  private mutating func replace(_ parameters: Parameters) throws {
    for parameter in adapter.parameters {
      guard let roles = parameters.roles[parameter.name] else { throw absent(parameter.name) }
      for role in roles {
        guard var recipe = parameters.recipes[role], let shape = parameters.shapes[role] else {
          continue
        }
        var expected = shape
        if let outputs = recipe.outputs { expected[0] = outputs.count }
        if recipe.isTransposed { expected.reverse() }
        let found = adapter.file.tensors[parameter.key]?.shape ?? []
        guard found == expected else { throw misfit(parameter.name, expected, found) }
        recipe.name = parameter.key
        changes.replaced[role] = recipe
      }
    }
  }

  private mutating func update(_ parameters: Parameters) throws {
    // PEFT adds to what a projection gives, whether that has a bias of its own or not.
    let biased = Parameters(model.adding(.all), architecture)
    for module in adapter.modules {
      guard let roles = parameters.roles[module.name + ".weight"], let role = roles.first,
        let recipe = parameters.recipes[role], let shape = parameters.shapes[role],
        shape.count == 2
      else { throw absent(module.name) }
      let isEmbedding = role == .tokenEmbedding || role == .positionEmbedding
      guard isEmbedding == module.isEmbedding else {
        throw ModelError(
          .adapterMismatch,
          "the adapter\(trained) does not fit: \(ModelError.printable(module.name)) is "
            + "\(isEmbedding ? "an embedding" : "a projection") in this model, and "
            + "\(isEmbedding ? "a projection" : "an embedding") in the adapter")
      }
      let outputs = recipe.outputs?.count ?? shape[0]
      let expected = isEmbedding ? [shape[1], shape[0]] : [outputs, shape[1]]
      guard expected == [module.outputs, module.inputs] else {
        throw misfit(module.name, expected, [module.outputs, module.inputs])
      }
      var biases: [WeightRole] = []
      if let bias = module.bias {
        guard let found = biased.roles[module.name + ".bias"] else {
          throw ModelError(
            .unsupported,
            "\(ModelError.printable(bias)): a bias for \(ModelError.printable(module.name)) is not "
              + "implemented")
        }
        if parameters.roles[module.name + ".bias"] == nil {
          for role in found { changes.addedBiases.formUnion(.of(role)) }
        }
        biases = found
        let count = adapter.file.tensors[bias]?.shape ?? []
        guard count == [outputs] else { throw misfit(module.name + ".bias", [outputs], count) }
      }
      updates.append((module, roles, biases))
      changes.updated.formUnion(roles)
    }
  }

  private func checkSaved(_ parameters: Parameters) throws {
    guard !adapter.configuration.savedModules.isEmpty else { return }
    let held = Set(adapter.parameters.map(\.name))
    for name in parameters.names {
      guard let dot = name.lastIndex(of: "."), !held.contains(name),
        adapter.configuration.isSaved(String(name[..<dot]))
      else { continue }
      throw ModelError(
        .missingTensor,
        "modules_to_save of adapter_config.json names \(ModelError.printable(name)), which the "
          + "adapter does not hold")
    }
  }

  /// Whether embedding and head part, where one tensor is both.
  private mutating func untie(_ parameters: Parameters) throws {
    let names = [WeightRole.tokenEmbedding, .head].compactMap { parameters.recipes[$0]?.name }
    let whole = adapter.parameters.filter { names.contains($0.name) }
    let isUpdated = updates.contains { $0.roles == [.tokenEmbedding] || $0.roles == [.head] }
    if isUpdated, adapter.configuration.keepsTies {
      throw ModelError(
        .unsupported,
        "adapter_config.json: ensure_weight_tying with a LoRA of an embedding that is the head too "
          + "is not implemented")
    }
    // A tensor saved under either name is both, unless it was trained apart.
    if let shared = whole.last(where: { !$0.isOwn }) {
      for role in [WeightRole.tokenEmbedding, .head] {
        let name = parameters.recipes[role]?.name
        guard !whole.contains(where: { $0.isOwn && $0.name == name }),
          var recipe = parameters.recipes[role]
        else { continue }
        recipe.name = shared.key
        changes.replaced[role] = recipe
      }
    }
    changes.separatesHead = isUpdated || whole.contains(where: \.isOwn)
    if !changes.separatesHead { changes.replaced[.head] = nil }
  }

  // MARK: - Applying

  /// Adds the updates to the weights in `arena`, which are not yet in panels.
  func merge(into arena: WeightArena, _ plan: WeightPlan) throws {
    let entries = Dictionary(uniqueKeysWithValues: plan.entries.map { ($0.role, $0) })
    for (module, roles, biases) in updates {
      let down = try adapter.file.floats(module.down)
      let up = try adapter.file.floats(module.up)
      let lengths = try module.magnitude.map { try adapter.file.floats($0) }
      for role in roles {
        guard let entry = entries[role] else { preconditionFailure("\(role) is not planned") }
        let target = arena.base + entry.offset
        if module.isEmbedding {
          Self.add(
            down, isTransposed: true, rows: module.inputs, up, isTransposedRight: true,
            columns: module.outputs, rank: module.rank, scale: module.scale, to: target)
          if let lengths {
            Self.stretch(
              target, rows: module.inputs, columns: module.outputs, columnsTo: lengths)
          }
        } else {
          let ownRows = picked(up, of: role, rows: entry.shape[0], width: module.rank)
          Self.add(
            ownRows, isTransposed: false, rows: entry.shape[0], down, isTransposedRight: false,
            columns: module.inputs, rank: module.rank, scale: module.scale, to: target)
          if let lengths {
            Self.stretch(
              target, rows: entry.shape[0], columns: module.inputs,
              rowsTo: picked(lengths, of: role, rows: entry.shape[0], width: 1))
          }
        }
      }
      guard let key = module.bias else { continue }
      let bias = try adapter.file.floats(key)
      for role in biases {
        guard let entry = entries[role] else { preconditionFailure("\(role) is not planned") }
        for (index, value) in picked(bias, of: role, rows: entry.shape[0], width: 1).enumerated() {
          arena.base[entry.offset + index] += module.scale * value
        }
      }
    }
  }

  /// The rows of the hub's tensor that are those of `role`, in its order.
  private func picked(_ values: [Float], of role: WeightRole, rows: Int, width: Int) -> [Float] {
    guard let outputs = architecture.hubTensor(role, model).outputs else { return values }
    return (0..<rows).flatMap { row in
      values[outputs.index(row) * width..<(outputs.index(row) + 1) * width]
    }
  }

  /// Gives every row of `target` its length.
  private static func stretch(
    _ target: UnsafeMutablePointer<Float>, rows: Int, columns: Int, rowsTo lengths: [Float]
  ) {
    for row in 0..<rows {
      let values = target + row * columns
      let factor = lengths[row] / cblas_snrm2(blasint(columns), values, 1)
      cblas_sscal(blasint(columns), factor, values, 1)
    }
  }

  /// Gives every column of `target` its length.
  private static func stretch(
    _ target: UnsafeMutablePointer<Float>, rows: Int, columns: Int, columnsTo lengths: [Float]
  ) {
    for column in 0..<columns {
      let values = target + column
      let factor = lengths[column] / cblas_snrm2(blasint(rows), values, blasint(columns))
      cblas_sscal(blasint(rows), factor, values, blasint(columns))
    }
  }

  /// `target += scale · left · right`, `[rows, rank] · [rank, columns]`.
  private static func add(
    _ left: [Float], isTransposed: Bool, rows: Int, _ right: [Float], isTransposedRight: Bool,
    columns: Int, rank: Int, scale: Float, to target: UnsafeMutablePointer<Float>
  ) {
    left.withUnsafeBufferPointer { left in
      right.withUnsafeBufferPointer { right in
        guard let left = left.baseAddress, let right = right.baseAddress else { return }
        cblas_sgemm(
          CblasRowMajor, isTransposed ? CblasTrans : CblasNoTrans,
          isTransposedRight ? CblasTrans : CblasNoTrans, blasint(rows), blasint(columns),
          blasint(rank), scale, left, blasint(isTransposed ? rows : rank), right,
          blasint(isTransposedRight ? rank : columns), 1, target, blasint(columns))
      }
    }
  }
}
