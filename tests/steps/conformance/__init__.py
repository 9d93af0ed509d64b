"""Every kind of step keeps the protocol that the executor rests on, at its real target."""
