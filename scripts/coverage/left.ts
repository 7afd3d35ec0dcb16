export const LEFT: Readonly<Record<string, string>> = {}
