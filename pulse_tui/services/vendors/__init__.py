"""What vendors announce: notes, and the incidents and deprecations that several of them are about."""
