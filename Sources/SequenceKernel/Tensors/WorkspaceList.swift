/// A list in the memory of a ``Workspace``: tapes of several layers, columns of a view. It holds as many elements as were asked for
/// at first and lives until the workspace takes its memory back. Copies share their elements, as copies of ``Rows`` do.
public struct WorkspaceList<Element: BitwiseCopyable>: RandomAccessCollection, @unchecked Sendable {
    @usableFromInline let base: UnsafeMutablePointer<Element>
    /// Elements there is room for.
    public let capacity: Int
    /// Elements appended so far.
    public private(set) var count = 0

    /// An empty list with room for `capacity` elements.
    public init(capacity: Int, in workspace: Workspace) {
        base = workspace.memory(of: Element.self, count: capacity)
        self.capacity = capacity
    }

    /// Adds an element. Traps when the list is full.
    public mutating func append(_ element: Element) {
        precondition(count < capacity, "WorkspaceList.append: \(capacity) elements are all there is room for")
        (base + count).initialize(to: element)
        count += 1
    }

    /// The first place.
    public var startIndex: Int { 0 }
    /// Behind the last element.
    public var endIndex: Int { count }

    /// An element; `nonmutating`, since the memory belongs to the workspace. Traps outside of the elements appended.
    @inlinable
    public subscript(_ index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count, "WorkspaceList: no such element")
            return base[index]
        }
        nonmutating set {
            precondition(index >= 0 && index < count, "WorkspaceList: no such element")
            base[index] = newValue
        }
    }
}
