"""Start the sandbox, seed its accounts, and reach it."""
