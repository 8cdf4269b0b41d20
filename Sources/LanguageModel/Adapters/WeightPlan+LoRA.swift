import COpenBLAS
import TensorFiles

extension WeightPlan {
  /// Checks that every module of the adapter is one of the model, with its shape.
  ///
  /// - Returns: for each module the entries of this plan that it changes; several where the hub's
  ///   module holds queries, keys and values together.
  /// - Throws: `ModelError.adapterMismatch` naming the module, expected and found.
  func targets(
    of adapter: LoRAAdapter, _ model: TransformerConfiguration,
    _ architecture: any Architecture.Type
  ) throws -> [(module: LoRAAdapter.Module, entries: [(entry: Entry, recipe: TensorRecipe)])] {
    var byModule: [String: [(Entry, TensorRecipe)]] = [:]
    for entry in entries where entry.shape.count == 2 {
      guard case .layer = entry.role else { continue }
      let recipe = architecture.hubTensor(entry.role, model)
      let module = recipe.name.hasSuffix(".weight") ? String(recipe.name.dropLast(7)) : recipe.name
      byModule[module, default: []].append((entry, recipe))
    }
    let trained = adapter.baseModel.map { " (trained on \(ModelError.printable($0)))" } ?? ""
    return try adapter.modules.map { module in
      guard let parts = byModule[module.name], let (entry, recipe) = parts.first else {
        throw ModelError(
          .adapterMismatch,
          "the adapter\(trained) changes \(ModelError.printable(module.name)), which this "
            + "\(model.family) model of \(model.layerCount) layers does not have")
      }
      let expected = [recipe.outputs?.count ?? entry.shape[0], entry.shape[1]]
      guard expected == [module.outputs, module.inputs] else {
        throw ModelError(
          .adapterMismatch,
          "the adapter\(trained) does not fit: \(ModelError.printable(module.name)) is "
            + "\(expected) in this model, and \([module.outputs, module.inputs]) in the adapter")
      }
      return (module, parts)
    }
  }

  /// Adds an adapter's updates to the weights in `arena`, which are not yet in panels.
  func merge(
    _ adapter: LoRAAdapter, _ model: TransformerConfiguration,
    _ architecture: any Architecture.Type, into arena: WeightArena
  ) throws {
    for (module, parts) in try targets(of: adapter, model, architecture) {
      let down = try adapter.file.floats(module.down)
      let up = try adapter.file.floats(module.up)
      for (entry, recipe) in parts {
        let (rows, rank) = (entry.shape[0], module.rank)
        var ownRows = up
        if let outputs = recipe.outputs {
          ownRows = (0..<rows).flatMap { row in
            up[outputs.index(row) * rank..<(outputs.index(row) + 1) * rank]
          }
        }
        ownRows.withUnsafeBufferPointer { ownRows in
          down.withUnsafeBufferPointer { down in
            guard let left = ownRows.baseAddress, let right = down.baseAddress else { return }
            cblas_sgemm(
              CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(module.inputs),
              blasint(rank), module.scale, left, blasint(rank), right, blasint(module.inputs), 1,
              arena.base + entry.offset, blasint(module.inputs))
          }
        }
      }
    }
  }
}
