internal import Store

extension StoreError {
    /// Whether the artifact is at fault, so that only another one can help.
    var isRefusal: Bool {
        if case .refused = self { true } else { false }
    }
}
