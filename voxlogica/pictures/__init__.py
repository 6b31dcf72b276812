"""Drawing: images and regions as pictures, whoever shows them."""
